\if true
  \echo yes
\else
  \echo no
\endif
\if false
  \echo yes
\else
  \echo no
\endif
\if 0
  \echo a
\elif 1
  \echo b
\elif 1
  \echo c
\else
  \echo d
\endif
