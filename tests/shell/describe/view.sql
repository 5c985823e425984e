CREATE TABLE t (id integer, name text);
CREATE VIEW v AS SELECT id, name, id * 2 AS twice FROM t;
\d v
