CREATE TABLE b (id integer PRIMARY KEY);
CREATE TABLE a (id serial, name text);
CREATE VIEW v AS SELECT id FROM a;
\d
\dt
\dv
\ds
\dt a
\dt a*
\dt nothing
\dt "A"
