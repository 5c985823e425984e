\if nonsense
\echo 1
\elif true
\echo 2
\else
\echo 3
\endif
\if false
\elif nonsense
\echo 4
\else
\echo 5
\endif
