\pset linestyle old-ascii
\x on
SELECT 1 AS one, E'a\nb\nc' AS two, E'd\ne' AS "three
lines";
\pset border 2
SELECT 1 AS one, E'a\nb\nc' AS two, E'd\ne' AS three;
