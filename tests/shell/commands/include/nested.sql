\echo nested
\ir inner.sql
\echo nested again
SELECT 1 +
