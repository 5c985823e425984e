SELECT 1,
\r
SELECT 2 AS two;
SELECT (1 +
\reset
SELECT 3 AS three;
\r
\g
