\pset border 2 extra
\x on off
SELECT 1 AS a;
\t off on
\a extra
SELECT 1 AS a;
\f ',' x
