\pset footer off
SELECT 1 AS a;
\x
SELECT 1 AS a WHERE false;
\x
SELECT 1 AS a WHERE false;
\pset footer on
SELECT 1 AS a;
\pset footer
\pset footer
