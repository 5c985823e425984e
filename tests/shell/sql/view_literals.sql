-- Literals in a view were read when it was made.
SET datestyle = 'ISO, MDY';
SET timezone = 'UTC';
SET intervalstyle = 'postgres';
CREATE VIEW moments AS SELECT '01/02/2024'::date AS d, timestamptz '2024-01-01 00:00' AS t, '-1 2:03:04'::interval AS i,
  date '2024-03-01' > '02/04/2024' AS later;
SELECT d, t AT TIME ZONE 'UTC' AS t, i, later FROM moments;
SET datestyle = 'ISO, DMY';
SET timezone = 'America/New_York';
SET intervalstyle = 'sql_standard';
SELECT d, t AT TIME ZONE 'UTC' AS t, later FROM moments;
SET intervalstyle = 'postgres';
SELECT i FROM moments;
CREATE VIEW outside AS SELECT d, '01/02/2024'::date AS mine FROM moments;
SET datestyle = 'ISO, MDY';
SELECT * FROM outside;
SET timezone = 'UTC';
-- so was 'now'
CREATE VIEW stamped AS SELECT 'now'::timestamptz AS t;
SELECT count(DISTINCT t) FROM stamped;
SELECT (SELECT t FROM stamped) < now() AS is_past;
DROP VIEW moments CASCADE;
DROP VIEW stamped;
