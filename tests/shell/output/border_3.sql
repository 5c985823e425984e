\pset border 3
SELECT 1 AS one, 'two' AS two;
\pset border 0
\pset border 17
SELECT 1 AS one, 'two' AS two;
\pset border -4
\pset border abc
SELECT 1;
