\pset format wrapped
\pset columns 30
\x
SELECT 'the quick brown fox jumps over the lazy dog' AS a, 3 AS c;
\pset border 2
SELECT 'the quick brown fox jumps over the lazy dog' AS a, 3 AS c;
\pset border 0
SELECT 'the quick brown fox jumps over the lazy dog' AS a, 3 AS c;
