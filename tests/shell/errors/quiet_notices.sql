-- options: -X -q -f
DROP TABLE IF EXISTS nowhere;
CREATE TABLE t (id integer);
INSERT INTO t VALUES (1);
SELECT * FROM t;
COMMIT;
\nosuch
