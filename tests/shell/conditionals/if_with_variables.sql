SELECT count(*) > 0 AS has_rows, count(*) AS n FROM generate_series(1, 3) \gset
\if :has_rows
\echo :n rows
\endif
\if :{?undefined_variable}
\echo defined
\else
\echo undefined
\endif
\if :undefined_variable
\echo defined
\else
\echo undefined
\endif
