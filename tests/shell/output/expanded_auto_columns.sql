\pset columns 40
\x auto
SELECT 1 AS a, 2 AS b;
SELECT repeat('abc', 5) AS a, repeat('def', 9) AS b;
\pset columns
