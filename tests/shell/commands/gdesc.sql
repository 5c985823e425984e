SELECT 1 AS a, 'x'::text AS b, 2.5::numeric(5,2) AS c, now() AS d, true AS e \gdesc
SELECT NULL AS unknown \gdesc
CREATE TABLE t (id integer, v varchar(10), c char(3), b bigint, s smallint, r real, d double precision);
SELECT * FROM t \gdesc
TABLE t
\gdesc
INSERT INTO t VALUES (1) \gdesc
SELECT nothing \gdesc
SELECT count(*) FROM t;
SELECT \gdesc
