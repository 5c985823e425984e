SELECT 'CREATE TABLE t' || n || ' (id integer)' FROM generate_series(1, 2) AS n \gexec
SELECT 'INSERT INTO t1 VALUES (7)', 'SELECT * FROM t1', NULL \gexec
SELECT 'SELECT nothing' UNION ALL SELECT 'SELECT 2 AS two' \gexec
SELECT 1 WHERE false \gexec
\set ECHO all
SELECT 'SELECT 3 AS three' \gexec
