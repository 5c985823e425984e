\echo start
\if true
\echo inside
