SELECT 1 AS a;
SELECT 'never closed;
SELECT 2 AS b;
