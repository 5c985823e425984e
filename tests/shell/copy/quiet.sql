-- options: -X -q -f
CREATE TABLE t (id integer);
COPY t FROM STDIN;
1
\.
\copy t to stdout
\copy t to 'out.txt'
COPY t TO STDOUT;
