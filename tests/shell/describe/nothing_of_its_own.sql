\df
\dT
\dn
\df nothing
\dT nothing
\di nothing
\ds nothing
\dv nothing
