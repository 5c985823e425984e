CREATE TABLE parent (id integer PRIMARY KEY, code text UNIQUE);
CREATE TABLE child (a integer, b integer, parent_id integer REFERENCES parent ON DELETE CASCADE, n integer CHECK (n > 0), CONSTRAINT child_pair PRIMARY KEY (a, b), CONSTRAINT small CHECK (a < 100));
CREATE INDEX child_n ON child (n);
CREATE UNIQUE INDEX child_u ON child (parent_id, n DESC);
\d parent
\d child
