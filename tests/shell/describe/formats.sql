CREATE TABLE t (id integer PRIMARY KEY, name text);
\pset border 2
\d t
\x
\d t
\x
\pset border 0
\d t
\a
\d t
\t
\d t
\dt
