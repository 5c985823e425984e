\! echo one two
\! echo "quoted $((1 + 2))"; echo second
\! exit 3
\echo after
\! echo to stderr >&2
\set x 5
\! echo :x
SELECT 1 AS a \! echo in the middle
;
