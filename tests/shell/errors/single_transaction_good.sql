-- options: -X -1 -c "CREATE TABLE t (id integer)" -f
INSERT INTO t VALUES (1);
SELECT * FROM t;
\echo :AUTOCOMMIT
