\pset border 2
\C 'T'
SELECT 1 AS aaaaaaaaa, 2 AS bbbbbbbbb;
\pset border 0
SELECT 1 AS aaaaaaaaa, 2 AS bbbbbbbbb;
\C '日本'
SELECT 1 AS aaaaaaaaa, 2 AS bbbbbbbbb;
