\if on \echo on \endif
\if yes
\echo yes
\endif
\if TRUE
\echo TRUE
\endif
\if t
\echo t
\endif
\if 'no'
\echo no
\else
\echo not no
\endif
\if o
\echo o
\endif
\if 2
\echo two
\endif
\if
\echo empty
\else
\echo else of empty
\endif
