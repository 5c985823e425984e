-- options: -X -q -A -t -f
CREATE TABLE t (id integer, name text);
INSERT INTO t VALUES (1, 'one'), (2, NULL);
SELECT * FROM t;
\pset null '-'
SELECT * FROM t;
\x
SELECT * FROM t;
