\a
SELECT 1 AS a, 'two' AS b, NULL AS c;
\f ';'
SELECT 1 AS a, 'two' AS b, NULL AS c;
\pset recordsep '~'
SELECT n, n FROM generate_series(1, 3) AS n;
\t
SELECT n, n FROM generate_series(1, 3) AS n;
\a
