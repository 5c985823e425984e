\x
SELECT 1 AS c01, 2 AS c02, 3 AS c03, 4 AS c04, 5 AS c05, 6 AS c06, 7 AS c07, 8 AS c08, 9 AS c09, 10 AS c10, 11 AS c11, 12 AS c12, repeat('long ', 40) AS c13, 'short' AS c14;
\x auto
SELECT 1 AS c01, repeat('long ', 40) AS c13;
