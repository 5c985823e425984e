\echo :{?nothing}
\set nothing
\echo :{?nothing}
SELECT :{?nothing} AS defined, :{?other} AS undefined;
\unset nothing
\echo :{?nothing}
\echo :{?} :{?a b}
