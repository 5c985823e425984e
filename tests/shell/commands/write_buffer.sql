SELECT 1 AS one
\w buffer.sql
;
\! cat buffer.sql
SELECT 2 AS two;
\w buffer2.sql
\! cat buffer2.sql
\w
\w /no/such/dir/x
