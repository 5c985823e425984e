\set 1 first
\set a-b x
\set a.b x
\set 'with space' x
\set _under under
\set été summer
\echo :1 :_under :été
