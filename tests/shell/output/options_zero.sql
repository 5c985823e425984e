-- options: -X -A -z -0 -f
SELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4;
