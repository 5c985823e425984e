-- options: -X -q -f
\x
\t
\a
\pset border 2
\pset null x
\timing off
SELECT 1 AS a;
\pset
