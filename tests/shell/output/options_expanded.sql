-- options: -X -x -t -f
SELECT 1 AS a, NULL AS b;
SELECT 2 AS a, 'x' AS b;
