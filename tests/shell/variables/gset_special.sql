SELECT 'terse' AS "VERBOSITY" \gset
SELECT nothing;
SELECT 'loud' AS "VERBOSITY" \gset
SELECT 1 AS a, 2 AS a \gset
\echo :a
SELECT 1 AS b \gset p- 
SELECT 7 AS seven \gset\echo :seven
