-- options: -X -q --csv -f
SELECT 1 AS a, 'b,c' AS b;
\t
SELECT 1 AS a, 'b,c' AS b;
