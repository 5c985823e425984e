\set today `echo 'a day'`
\echo :today
\echo `echo one; echo two`
\echo x`echo y`z
\echo 'no `echo here`' "nor `echo here`"
\set n 3
\echo `echo :n and :'today'`
\echo `exit 3`
\set empty `true`
\echo [:empty]
