\pset linestyle unicode
\pset border 2
\pset unicode_border_linestyle double
SELECT 1 AS one, 'two' AS two;
\pset unicode_column_linestyle double
SELECT 1 AS one, 'two' AS two;
\pset unicode_header_linestyle double
SELECT 1 AS one, 'two' AS two;
\pset unicode_border_linestyle single
\x
SELECT 1 AS one, 'two' AS two;
\pset unicode_border_linestyle triple
