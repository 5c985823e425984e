\echo inside
SELECT nothing;
\echo not reached
