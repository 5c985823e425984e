\o out.txt
SELECT 1 AS a;
CREATE TABLE t (id integer);
\echo to the screen
\qecho to the file
\o
\! cat out.txt
\o | sed 's/^/> /'
SELECT 2 AS b;
\o
\o /no/such/directory/out.txt
SELECT 3 AS c;
\out out.txt
SELECT 4 AS d;
\out
\! cat out.txt
