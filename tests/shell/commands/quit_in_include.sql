\i include/quits.sql
\echo after the include
