CREATE TABLE t (id integer, name text);
INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, E'a\tb\nc\\d');
COPY t TO STDOUT;
COPY t TO STDOUT (FORMAT csv, HEADER);
COPY (SELECT id * 2 FROM t) TO STDOUT;
\o out.txt
COPY t TO STDOUT;
\o
\! cat out.txt
