SELECT 1 AS a;
/* never closed
SELECT 2 AS b;
