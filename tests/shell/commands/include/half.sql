\echo first half
\if false
\echo never
