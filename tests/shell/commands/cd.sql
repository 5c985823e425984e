\! mkdir sub
\cd sub
\! basename "$PWD"
\cd ..
\cd no_such_directory
\echo done
