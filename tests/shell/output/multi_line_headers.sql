SELECT 1 AS "first
second", 'abc' AS "x", 2.5 AS "a
much longer
header";
\pset border 2
SELECT 1 AS "first
second", 'abc' AS "x";
\x
SELECT 1 AS "first
second", 'abc' AS "x";
\pset border 1
SELECT 1 AS "first
second", 'abc' AS "x";
\pset border 0
SELECT 1 AS "first
second", 'abc' AS "x";
