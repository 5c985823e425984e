\set plain abc
\set spaced 'it''s a value'
\set quoted "Mixed Case"
\echo :plain :spaced :quoted
\echo :'plain' :'spaced' :'quoted'
\echo :"plain" :"spaced" :"quoted"
SELECT :'spaced' AS literal, 1 AS :"spaced", 2 AS :plain;
\echo ':plain' ":plain" x:plain
\echo :missing :'missing' :"missing"
