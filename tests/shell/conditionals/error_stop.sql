\set ON_ERROR_STOP on
\if nonsense
\echo never
\endif
\echo not reached?
