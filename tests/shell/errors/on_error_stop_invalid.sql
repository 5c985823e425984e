\set ON_ERROR_STOP on
\nosuch
\echo never
