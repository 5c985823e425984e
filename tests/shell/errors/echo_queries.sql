-- options: -X -e -f
-- a comment
SELECT 1 AS a;
SELECT
  2 AS b; -- behind
\echo x
SELECT nothing;
\set v 5
SELECT :v AS v;
SELECT 1 AS c \; SELECT 2 AS d;
SELECT 3 \gset z
