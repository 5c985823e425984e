\i include/inner.sql
\echo :from_inner
\i include/missing.sql
\echo after
\i
\ir include/inner.sql
\include include/nested.sql
