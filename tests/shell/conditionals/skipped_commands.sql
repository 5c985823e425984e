\if false
\nosuch
\set x 1
\echo `echo not run >&2`
\i missing.sql
\q
SELECT 1 AS skipped;
SELECT 'unbalanced ( here' AS x;
\! echo not run
\echo :{?x}
\endif
\echo :{?x}
SELECT 2 AS run;
