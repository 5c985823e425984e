\pset format csv
SELECT '\.' AS a, ' lead' AS b, 'trail ' AS c, E'tab\tbed' AS d, E'cr\r' AS e, '' AS f;
\pset null 'N'
SELECT NULL AS a, 'N' AS b;
\pset title 'ignored'
SELECT 1 AS a;
SELECT 1 AS "a,b", 2 AS "c""d";
