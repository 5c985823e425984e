\C 'Some numbers'
SELECT n, n * 100 AS hundreds FROM generate_series(1, 2) AS n;
\pset title 'A title that is much wider than the table below it'
SELECT 1 AS a;
\x
SELECT 1 AS a;
\x
\t
SELECT 1 AS a;
\t
\C
SELECT 1 AS a;
\pset title
