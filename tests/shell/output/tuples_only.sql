\t
SELECT 1 AS a, 'x' AS b;
CREATE TABLE t (id integer);
INSERT INTO t VALUES (1), (2);
SELECT * FROM t;
\t off
SELECT * FROM t;
\t on
\pset border 2
SELECT * FROM t;
\pset tuples_only
SELECT * FROM t;
\t perhaps
