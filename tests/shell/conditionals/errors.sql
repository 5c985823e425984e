\else
\elif true
\endif
\if true
\else
\else
\elif false
\endif
\if maybe
\echo maybe
\else
\echo else of maybe
\endif
\if true extra words
\echo with extra
\endif
