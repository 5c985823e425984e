\a
\pset title 'Numbers'
SELECT n FROM generate_series(1, 2) AS n;
\pset footer off
SELECT n FROM generate_series(1, 2) AS n;
\t
SELECT n FROM generate_series(1, 2) AS n;
