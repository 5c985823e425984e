\x
SELECT E'one\ntwo' AS a, 3 AS b, E'\n' AS c;
\pset border 2
SELECT E'one\ntwo' AS a, 3 AS b, E'\n' AS c;
\pset border 0
SELECT E'one\ntwo' AS a, 3 AS b, E'\n' AS c;
