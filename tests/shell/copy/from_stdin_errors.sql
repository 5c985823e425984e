CREATE TABLE t (id integer PRIMARY KEY, name text);
COPY t FROM STDIN;
1	one
x	two
\.
COPY t FROM STDIN;
1
\.
COPY t FROM STDIN;
1	one	extra
\.
COPY t FROM STDIN;
1	one
1	two
\.
COPY nowhere FROM STDIN;
SELECT * FROM t;
