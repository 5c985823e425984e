\pset border 0
SELECT 1 AS one, 'two' AS two, NULL AS three;
SELECT n, n * n AS square FROM generate_series(8, 12) AS n;
SELECT 'a' AS a WHERE false;
