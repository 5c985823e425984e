SELECT;
SELECT FROM generate_series(1, 3);
SELECT WHERE false;
\t
SELECT FROM generate_series(1, 3);
