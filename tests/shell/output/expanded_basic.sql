\x
SELECT 1 AS a, 'two' AS bee, NULL AS c;
SELECT n, n * 10 AS tens FROM generate_series(1, 3) AS n;
\x off
SELECT 1 AS a;
\x on
SELECT 1 AS a;
\x auto
SELECT 1 AS a;
\x maybe
