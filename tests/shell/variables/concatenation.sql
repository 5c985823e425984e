\set a one
\set b two
\set c :a :b
\echo :c
\set c :a' 'x:b
\echo :c
\set d 'x' 'y' z
\echo :d
\set e
\echo [:e]
\set f :'a'
\echo :f
\set g :"a"
\echo :g
