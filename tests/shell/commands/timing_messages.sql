\timing maybe
\timing off
\timing off extra
