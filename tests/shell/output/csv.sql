\pset format csv
SELECT 1 AS a, 'two, three' AS b, 'say "hi"' AS c, E'line\nbreak' AS d, NULL AS e, '' AS f;
\t
SELECT 1 AS a, 'two' AS b;
\t
\x
SELECT 1 AS a, 'two, three' AS b UNION ALL SELECT 2, 'x';
