\a
\pset fieldsep '\t'
SELECT 1 AS a, 2 AS b;
\pset fieldsep
\pset recordsep '\n--\n'
SELECT 1 AS a, 2 AS b;
\pset recordsep
\f
