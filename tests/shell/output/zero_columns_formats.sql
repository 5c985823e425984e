\pset border 2
SELECT FROM generate_series(1, 2);
\a
SELECT FROM generate_series(1, 2);
\a
\x
SELECT FROM generate_series(1, 2);
\pset format csv
\x
SELECT FROM generate_series(1, 2);
