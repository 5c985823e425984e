\pset border 2
SELECT 1 AS one, 'two' AS two, NULL AS three;
SELECT n, repeat('x', n) AS bar FROM generate_series(1, 4) AS n;
SELECT 'a' AS a WHERE false;
