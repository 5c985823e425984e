\set VERBOSITY terse
SELECT nothing;
SELECT
  'é', nothing;
CREATE TABLE t (id integer PRIMARY KEY);
INSERT INTO t VALUES (1), (1);
DROP TABLE IF EXISTS nowhere;
SELECT 1 / 0;
