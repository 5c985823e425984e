SELECT 1 AS one, 'two' AS two, NULL AS three \gset
\echo :one :two :three
SELECT 1 AS one, 'x y' AS two \gset pre_
\echo :pre_one :pre_two
\set two kept
SELECT NULL AS two \gset
\echo :two
SELECT 1 AS "a b" \gset
SELECT 1 AS a WHERE false \gset
SELECT 1 AS a UNION SELECT 2 \gset
SELECT nothing \gset
CREATE TABLE t (id integer) \gset
SELECT 5 AS "QUIET" \gset
\echo :QUIET
