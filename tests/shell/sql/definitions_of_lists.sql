-- IN lists and the words of the date functions, as the catalog shows them again.
CREATE TABLE listed (
  a int CHECK (a IN (1, 2, 3)),
  b text CHECK (b IN ('x', 'y')),
  c varchar(5) CHECK (c IN ('p', 'q')),
  d char(3) CHECK (d IN ('a', 'b')),
  e numeric(5,2) CHECK (e IN (1, 2.5)),
  f date CHECK (f IN ('2020-01-01', '2021-01-01')),
  g int CHECK (g NOT IN (1, 2)),
  h int CHECK (h IN (7)),
  i int, j int, CHECK (i IN (1, j)),
  k bigint CHECK (k IN (1, 2)),
  l int CHECK (l IN (1, NULL)),
  m smallint CHECK (m BETWEEN 1 AND 5),
  n double precision CHECK (n IN (1, 2.5)),
  o boolean CHECK (o IN (true, false)),
  p timestamptz CHECK (p IN ('2020-01-01 00:00+00', now())),
  q text CHECK (q = ANY (ARRAY['u', 'v'])),
  r smallint CHECK (r IN (1, 2)),
  s bigint CHECK (s IN (1, 3000000000)),
  u varchar CHECK (u NOT IN ('', 'none')),
  w int CHECK (w IN (-1, 0, 1)),
  x text CHECK (lower(x) IN ('on', 'off')),
  y int CHECK (y + 1 IN (1, 2) OR y IN (8, 9) AND y NOT IN (3, 4))
);
\d listed
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'listed'::regclass ORDER BY 1;
CREATE INDEX listed_some ON listed (a) WHERE b IN ('x', 'y') AND c NOT IN ('p', 'q');
SELECT pg_get_indexdef('listed_some'::regclass);
EXPLAIN (COSTS OFF) SELECT * FROM listed WHERE a IN (1, 2) AND b NOT IN ('x', 'y') AND c IN ('p', 'q') AND i + 1 IN (j, a);
EXPLAIN (COSTS OFF) SELECT * FROM listed WHERE a = ANY (ARRAY[1, 2]) AND b <> ALL (ARRAY['x', 'y']) AND c::text = ANY (ARRAY['p', 'q']::text[]);
INSERT INTO listed (a) VALUES (4);
INSERT INTO listed (b) VALUES ('z');
INSERT INTO listed (c) VALUES ('r');
INSERT INTO listed (g) VALUES (1);
INSERT INTO listed (i, j) VALUES (1, 2), (5, 5), (5, 6);
INSERT INTO listed (q) VALUES ('w');
INSERT INTO listed (u) VALUES ('');
INSERT INTO listed (a, b, c, d, e, f) VALUES (1, 'x', 'p', 'a', 2.5, '2021-01-01');
SELECT a, b, c, d, e, f FROM listed;

CREATE TABLE worded (
  a date DEFAULT CURRENT_DATE,
  b timestamp DEFAULT CURRENT_TIMESTAMP,
  c timestamptz DEFAULT CURRENT_TIMESTAMP,
  d timestamptz DEFAULT now(),
  e timestamp DEFAULT LOCALTIMESTAMP,
  f time DEFAULT LOCALTIME,
  g timestamptz(3) DEFAULT CURRENT_TIMESTAMP(3),
  h timestamp(0) DEFAULT LOCALTIMESTAMP(0),
  i text DEFAULT CURRENT_USER,
  j text DEFAULT USER,
  k text DEFAULT SESSION_USER,
  l text DEFAULT CURRENT_ROLE,
  m text DEFAULT CURRENT_CATALOG,
  n text DEFAULT CURRENT_SCHEMA,
  o date DEFAULT CURRENT_DATE + 7,
  p text DEFAULT NULL,
  q date CHECK (q <= CURRENT_DATE),
  r date DEFAULT (now() AT TIME ZONE 'UTC')::date
);
\d worded
CREATE TABLE defaults (a varchar(5) DEFAULT NULL, b numeric(5,2) DEFAULT NULL, c char(3) DEFAULT NULL, d text DEFAULT NULL,
  f varchar(5) DEFAULT '1'::text, g bigint DEFAULT 0, h numeric(5,2) DEFAULT 1, i text DEFAULT 1::int, j smallint DEFAULT -1,
  k int DEFAULT 1 + 2, m date DEFAULT now(), o varchar(5) DEFAULT 'abc', p text DEFAULT 'a' || 'b', q double precision DEFAULT 1,
  s boolean DEFAULT NOT false, w int DEFAULT '5', x int DEFAULT length('abc'), z int DEFAULT (random() * 10)::int,
  aa bigint DEFAULT 1::bigint, cc char(3) DEFAULT 'a', dd int DEFAULT NULL::int, ee timestamptz(3) DEFAULT NULL,
  ff interval DEFAULT '1 day'::interval * 2, gg int DEFAULT CASE WHEN true THEN 1 ELSE 2 END, ii text DEFAULT E'a\\b',
  kk varchar(5) DEFAULT 'x'::varchar(5), ll int DEFAULT 1.0, mm numeric(4,1) DEFAULT 1.5::numeric(5,2));
\d defaults
SELECT column_name, column_default FROM information_schema.columns WHERE table_name = 'defaults' ORDER BY ordinal_position;
INSERT INTO defaults DEFAULT VALUES;
SELECT f, g, h, i, j, k, o, p, q, s, w, x, aa, cc, dd, ee, ff, gg, ii, kk, ll, mm FROM defaults;
ALTER TABLE defaults ALTER a SET DEFAULT 'q', ALTER g SET DEFAULT 7::smallint, ALTER h SET DEFAULT NULL, ALTER m DROP DEFAULT;
ALTER TABLE defaults ALTER b SET DEFAULT 3, ALTER o SET DEFAULT NULL;
SELECT column_name, column_default FROM information_schema.columns WHERE table_name = 'defaults' AND ordinal_position < 13 ORDER BY ordinal_position;
CREATE TABLE twice (a int DEFAULT NULL DEFAULT 1);
CREATE TABLE twice (a serial DEFAULT 1);
EXPLAIN (COSTS OFF) SELECT * FROM worded WHERE b < LOCALTIMESTAMP AND c > CURRENT_TIMESTAMP - interval '1 day';
INSERT INTO worded DEFAULT VALUES;
SELECT a = CURRENT_DATE, c = now(), b = LOCALTIMESTAMP, e = LOCALTIMESTAMP, f = LOCALTIME, o - a FROM worded WHERE a < '1999-01-01';
SELECT pg_typeof(CURRENT_DATE), pg_typeof(CURRENT_TIMESTAMP), pg_typeof(LOCALTIME), pg_typeof(LOCALTIMESTAMP), pg_typeof(CURRENT_TIMESTAMP(2));

-- A column goes with the indexes that use it, and with no other.
CREATE TABLE kept (a int, name text, b int);
CREATE UNIQUE INDEX kept_name ON kept (lower(name));
CREATE INDEX kept_some ON kept (name) WHERE b > 0;
CREATE INDEX kept_both ON kept ((a + b));
ALTER TABLE kept DROP COLUMN a;
\d kept
ALTER TABLE kept DROP COLUMN b;
\d kept
INSERT INTO kept VALUES ('X');
INSERT INTO kept VALUES ('x');
