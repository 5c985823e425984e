CREATE TABLE t (id integer, name text);
COPY t FROM STDIN;
1	one
2	\N
3	tab\there
\.
SELECT * FROM t;
COPY t (name, id) FROM STDIN;
four	4
\.
SELECT count(*) FROM t;
\echo :ROW_COUNT
