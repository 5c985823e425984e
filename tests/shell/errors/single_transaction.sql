-- options: -X -1 -c "CREATE TABLE t (id integer)" -c "INSERT INTO t VALUES (1)" -c "SELECT nothing" -c "SELECT 1" -f
SELECT 2;
