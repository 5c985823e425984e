\d
\dt
\dv
\ds
\di
\d nothing
\dt nothing
