CREATE TABLE p (a integer, b integer, PRIMARY KEY (a, b));
CREATE TABLE c (x integer, y integer, FOREIGN KEY (x, y) REFERENCES p ON UPDATE CASCADE ON DELETE SET NULL);
CREATE TABLE d (x integer, y integer, CONSTRAINT named FOREIGN KEY (x, y) REFERENCES p (a, b) ON DELETE SET DEFAULT);
\d p
\d c
\d d
