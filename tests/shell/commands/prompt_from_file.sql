-- options: -X <
\prompt 'Name: ' name
Alice
\echo :name
\prompt other
second
\echo :other
\prompt
\echo done
