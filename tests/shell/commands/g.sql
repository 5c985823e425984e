SELECT 1 AS a \g
SELECT 2 AS a
\g
\g
SELECT 3 AS a \g out.txt
\! cat out.txt
SELECT 4 AS a \g | sed s/4/four/
SELECT 5 AS a \g (format=unaligned tuples_only=on)
SELECT 6 AS a, 7 AS b \g (format=csv) out.txt
\! cat out.txt
SELECT 8 AS a \g /no/such/directory/file
SELECT 9 AS a \g (nonsense=1)
SELECT 9 AS a \g (format=csv
\r
