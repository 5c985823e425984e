-- options: -X <
SELECT 1 AS a;
SELECT nothing;
\i missing.sql
SELECT 1
  + nothing;
