\p
SELECT 1
  AS a
\p
;
\p
\print
SELECT 2 AS b \p \g
\r
\p
