CREATE TABLE t (id integer);
COPY t FROM STDIN;
1
2
