\if false
\echo inside
SELECT 1;
