\pset format wrapped
\pset columns 20
SELECT '日本語日本語日本語日本語' AS a, 'abcdefghijklmnop' AS b;
SELECT 'a column header that is wider than the screen' AS "a column header that is wider than the screen";
\pset columns 0
SELECT repeat('x', 100) AS a;
