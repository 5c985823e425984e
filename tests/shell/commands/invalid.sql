\nosuch
\
\nosuch with arguments 'and quotes'
SELECT 1 AS a \nosuch
;
\1
\echo still here
\DT
