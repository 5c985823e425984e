\echo inner
SELECT 1 AS inner_statement;
\set from_inner yes
SELECT nothing_in_inner;
