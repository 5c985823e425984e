\echo in the include
\q
\echo never
