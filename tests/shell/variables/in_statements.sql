\set n 42
\set name it''s
\set back 'a\\b'
SELECT :n AS n, :'n' AS text, :'name' AS name, :'back' AS back;
SELECT ':n' AS literal, ":n" FROM (SELECT 1 AS ":n") AS q;
SELECT 1::integer AS cast_is_no_variable, :n::text AS both;
SELECT $$:n$$ AS dollar, /* :n */ 1 AS comment; -- :n
