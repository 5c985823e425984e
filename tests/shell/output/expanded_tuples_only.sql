\x
\t
SELECT n, repeat('-', n) AS bar FROM generate_series(1, 2) AS n;
\pset border 2
SELECT n, repeat('-', n) AS bar FROM generate_series(1, 2) AS n;
\pset border 0
SELECT n, repeat('-', n) AS bar FROM generate_series(1, 2) AS n;
