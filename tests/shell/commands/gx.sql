SELECT 1 AS a, 2 AS b \gx
\x
SELECT 1 AS a, 2 AS b \gx
\x
SELECT 1 AS a, 2 AS b \gx out.txt
\! cat out.txt
SELECT 3 AS a, 4 AS b \gx (border=2)
SELECT 5 AS a;
\gx
