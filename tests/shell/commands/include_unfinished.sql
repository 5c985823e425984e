SELECT 1 +
\i include/inner.sql
2 AS sum;
\i include/nested.sql
2 AS sum;
