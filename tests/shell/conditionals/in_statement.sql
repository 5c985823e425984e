\set which 2
SELECT
\if :which
  1 AS one
\else
  2 AS two
\endif
;
\set which false
SELECT 'a' AS a
\if :which
  , 'b' AS b
\elif true
  , 'c' AS c
\endif
;
