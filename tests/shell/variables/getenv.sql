\setenv MY_VARIABLE 'some value'
\getenv here MY_VARIABLE
\echo :here
\getenv there NO_SUCH_VARIABLE_AT_ALL
\echo :there
\setenv MY_VARIABLE
\getenv gone MY_VARIABLE
\echo :gone
\getenv
\getenv x
\setenv
\setenv a=b c
\! echo "[$MY_VARIABLE]"
