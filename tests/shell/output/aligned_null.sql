\pset null '(none)'
SELECT NULL AS a, 1 AS b;
SELECT 'x' AS a, NULL::integer AS number, NULL::text AS "text";
\pset null ''
SELECT NULL AS a, 1 AS b;
\pset null
