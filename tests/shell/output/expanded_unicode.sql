\x
\pset linestyle unicode
SELECT n, E'one\ntwo' AS a FROM generate_series(1, 2) AS n;
\pset border 2
SELECT n, E'one\ntwo' AS a FROM generate_series(1, 2) AS n;
\pset border 0
SELECT n, E'one\ntwo' AS a FROM generate_series(1, 2) AS n;
