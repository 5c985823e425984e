\echo one \echo two \echo three
\echo one \\ SELECT 1 AS a; \echo two
SELECT 1 AS a \echo before \g
SELECT 1 \g \echo after
\set x 5 \echo :x
\echo a\\\echo b
\x \t \a
SELECT 1 AS a;
