CREATE TABLE t (id integer PRIMARY KEY, n integer, name text);
CREATE INDEX t_n ON t (n);
CREATE INDEX t_h ON t USING hash (name);
CREATE UNIQUE INDEX t_u ON t (n, name DESC NULLS LAST);
\d t
\d t_n
\d t_pkey
\d t_u
\di
