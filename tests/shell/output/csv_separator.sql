\pset format csv
\pset csv_fieldsep ';'
SELECT 'a;b' AS x, 'c,d' AS y;
\pset csv_fieldsep '\t'
SELECT 'a;b' AS x, 'c,d' AS y;
\pset csv_fieldsep 'ab'
\pset csv_fieldsep '"'
\pset csv_fieldsep '\n'
\pset csv_fieldsep
