\if true
  \if false
    \echo a
    \if true
      \echo b
    \else
      \echo c
    \endif
  \else
    \echo d
  \endif
  \echo e
\else
  \if true
    \echo f
  \else
    \echo g
  \endif
\endif
