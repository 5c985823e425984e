\pset border 2
SELECT E'first\nsecond' AS a, 1 AS b, E'one\ntwo\nthree' AS c;
\pset border 0
SELECT E'first\nsecond' AS a, 1 AS b, E'one\ntwo\nthree' AS c;
