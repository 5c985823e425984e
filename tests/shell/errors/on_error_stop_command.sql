\set ON_ERROR_STOP on
\i missing.sql
SELECT 2 AS b;
