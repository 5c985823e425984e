\set ON_ERROR_STOP on
\i include/fails.sql
\echo never
