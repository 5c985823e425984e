\echo
\echo a b   c
\echo 'a  b'   "c  d"
\echo -n no newline
\echo
\echo -n
\echo '-n' quoted
\echo a -n b
\qecho to the query output
\qecho -n x
\qecho
\warn to the error output
\warn -n y
\warn
\echo 'it''s' 'tab\there' 'octal\101' 'hex\x41' 'new\nline' 'back\\slash'
