\pset numericlocale on
SELECT 1234567 AS a, 1234567.891 AS b, -1234 AS c, 12 AS d, '1234567' AS e;
\pset numericlocale
SELECT 1234567 AS a;
\pset numericlocale maybe
