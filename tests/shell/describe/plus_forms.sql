-- The + of the lists, and of a view's description. Sizes are our own, so they are cut out.
CREATE TABLE person (id serial PRIMARY KEY, name text NOT NULL, boss int REFERENCES person);
CREATE INDEX person_name ON person (name);
CREATE TABLE visit (day date, note varchar(20));
CREATE VIEW adult AS SELECT id, name FROM person WHERE id > 18;
CREATE VIEW one AS SELECT 1 AS one;
CREATE SEQUENCE counter;
\pset format unaligned
\o | sed -E 's/[0-9]+ (bytes|kB)/SIZE/'
\dt+
\dt+ person
\di+
\di+ person_name
\ds+
\dv+
\dv+ ad*
\d+
\dtv+
\dti+
\o
\pset format aligned
\dtv
\d adult
\d+ one
\d+ person
\d+ counter
\d+ person_name
\dt+ nix
