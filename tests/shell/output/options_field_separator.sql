-- options: -X -A -F ; -R ! -f
SELECT 1 AS a, 2 AS b UNION ALL SELECT 3, 4;
