SELECT 1 AS a WHERE false;
CREATE TABLE t (id integer, name text);
SELECT * FROM t;
\x
SELECT * FROM t;
\x
\t
SELECT * FROM t;
\x
SELECT * FROM t;
\t
\x
\a
SELECT * FROM t;
\x
SELECT * FROM t;
