CREATE TABLE t (id integer, name text);
\copy t from stdin
1	one
2	two
\.
\copy t (id) from pstdin csv
\copy t(name) from stdin with csv
x
\.
SELECT * FROM t;
