\pset linestyle unicode
SELECT 1 AS one, 'two' AS two, E'three\nlines\nhere' AS three;
\pset border 2
SELECT 1 AS one, 'two' AS two, E'three\nlines\nhere' AS three;
\pset border 0
SELECT 1 AS one, 'two' AS two, E'three\nlines\nhere' AS three;
