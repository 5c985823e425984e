-- The text of a view says what it means now, when it is made again from that.
CREATE TABLE a (k int PRIMARY KEY, x int, y text);
CREATE TABLE b (k int, z int);
CREATE SEQUENCE m;
INSERT INTO a VALUES (1, 10, 'p'), (2, 20, 'q');
INSERT INTO b VALUES (1, 100), (2, 200);
CREATE VIEW d1 AS SELECT * FROM a;
CREATE VIEW d2 (one, two, three, four) AS SELECT a.k + 1, b.*, x AS "X" FROM a JOIN b ON a.k = b.k;
CREATE VIEW d3 AS SELECT * FROM a NATURAL JOIN b;
CREATE VIEW d4 AS SELECT k, (SELECT max(z) FROM b WHERE b.k = q.k) FROM a AS q (k, r);
CREATE VIEW d5 AS SELECT nextval('m') AS n, 'a'::regclass AS r;
CREATE VIEW d6 AS SELECT s.* FROM (SELECT * FROM b, LATERAL (SELECT x FROM a WHERE a.k = b.k) l) s UNION SELECT *, 1 FROM b;
CREATE VIEW d7 AS SELECT * FROM d1 WHERE x > 5;
ALTER TABLE a RENAME TO "A new";
ALTER TABLE b RENAME TO a;
ALTER TABLE "A new" RENAME x TO xx;
ALTER TABLE a ADD x int DEFAULT 1;
ALTER TABLE "A new" ADD z int DEFAULT 2, ADD r int DEFAULT 3;
ALTER SEQUENCE m RENAME TO "M";
ALTER VIEW d1 RENAME TO d0;
ALTER VIEW d0 RENAME COLUMN y TO "why";
ALTER VIEW d7 RENAME x TO ex;
\set ECHO none
SELECT 'CREATE VIEW copy_of_' || viewname || ' AS ' || definition FROM pg_views WHERE schemaname = 'public' ORDER BY viewname
\gexec
\set ECHO all
SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY viewname;
SELECT * FROM copy_of_d0 ORDER BY k;
SELECT * FROM copy_of_d2 ORDER BY one;
SELECT * FROM copy_of_d3 ORDER BY k;
SELECT * FROM copy_of_d4 ORDER BY k;
SELECT n, r = '"A new"'::regclass AS same FROM copy_of_d5;
SELECT * FROM copy_of_d6 ORDER BY k, z, x;
SELECT * FROM copy_of_d7 ORDER BY k;
SELECT n FROM d5;
INSERT INTO copy_of_d0 (k, why) VALUES (3, 'new');
SELECT * FROM d0 ORDER BY k;
