\set x 1
\unset x
\echo :x
\unset never_set
\unset
\unset a-b
\unset x y
\unset ECHO
\unset AUTOCOMMIT
\unset VERBOSITY
\unset FETCH_COUNT
\unset PROMPT1
\echo :ECHO :AUTOCOMMIT :VERBOSITY :FETCH_COUNT :PROMPT1
