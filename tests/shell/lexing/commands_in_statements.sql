SELECT 1 AS a,
\echo in between
2 AS b;
SELECT 'x' \echo in the line
AS c;
SELECT 3 AS d \p
;
\echo a ; SELECT 4 AS e;
SELECT 5 AS f;
