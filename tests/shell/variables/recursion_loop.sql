\set loop 'a :loop b'
SELECT ':loop' AS x;
\echo :loop
\set a ':b'
\set b ':a'
SELECT 1 AS :a;
