\echo before
SELECT 1 AS a;
\q
\echo never
SELECT 2 AS b;
