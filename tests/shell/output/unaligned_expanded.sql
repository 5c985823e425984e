\pset format unaligned
\x
SELECT n, 'v' AS v FROM generate_series(1, 2) AS n;
\t
SELECT n, 'v' AS v FROM generate_series(1, 2) AS n;
\t
\pset title 'A title'
SELECT n, 'v' AS v FROM generate_series(1, 2) AS n;
