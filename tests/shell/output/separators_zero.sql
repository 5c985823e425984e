\a
\pset fieldsep_zero
SELECT 1 AS a, 2 AS b;
\pset recordsep_zero
SELECT 1 AS a, 2 AS b;
\pset fieldsep
\pset recordsep
