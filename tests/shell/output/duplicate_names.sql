SELECT 1 AS a, 2 AS a, 3 AS a;
\x
SELECT 1 AS a, 2 AS a, 3 AS a;
\x
SELECT 1, 2, 'x', count(*), max(1), 1 + 1, CASE WHEN true THEN 1 END, true::integer, coalesce(1, 2);
