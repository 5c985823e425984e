\pset format wrapped
\pset columns 30
SELECT 'the quick brown fox jumps over the lazy dog' AS a, 'sphinx of black quartz, judge my vow' AS b, 3 AS c;
\pset border 2
SELECT 'the quick brown fox jumps over the lazy dog' AS a, 'sphinx of black quartz, judge my vow' AS b, 3 AS c;
\pset border 0
SELECT 'the quick brown fox jumps over the lazy dog' AS a, 'sphinx of black quartz, judge my vow' AS b, 3 AS c;
