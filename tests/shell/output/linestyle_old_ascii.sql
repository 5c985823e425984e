\pset linestyle old-ascii
SELECT 1 AS one, E'a\nb\nc' AS two, E'd\ne' AS three;
\pset border 2
SELECT 1 AS one, E'a\nb\nc' AS two, E'd\ne' AS three;
\pset border 0
SELECT 1 AS one, E'a\nb\nc' AS two, E'd\ne' AS three;
\pset linestyle ascii
\pset linestyle
\pset linestyle dotted
