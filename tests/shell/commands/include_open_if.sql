\i include/half.sql
\echo after
\if true
\i include/inner.sql
\endif
