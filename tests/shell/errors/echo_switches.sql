\set ECHO queries
SELECT 1 AS a;
\set ECHO errors
SELECT nothing;
\set ECHO none
SELECT 2 AS b;
\echo :ECHO
\set ECHO all
SELECT 3 AS c;
