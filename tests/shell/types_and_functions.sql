-- Values of every type, as psql shows them.
SELECT true AS b, 1::smallint AS s, 2 AS i, 3::bigint AS l, 1.5::real AS r, 2.25::float8 AS d, 10.50::numeric(10,2) AS n, 'x'::char(3) AS c;
SELECT DATE '2026-02-28' + 1 AS d, TIMESTAMP '2026-01-01 12:34:56.789' AS t, INTERVAL '1 year 2 mons 3 days 04:05:06' AS i;
SELECT 1/0;
SELECT 2147483647 + 1;
SELECT 'abc'::integer;
SELECT 1e20::float8, 1e-7::float8, 'NaN'::float8, 'Infinity'::float8, 0.1::float4 + 0.2::float4 AS f;
SELECT 7 / 2, -7 / 2, 7 % 3, 7.0 / 2, round(2.5), round(-2.5), round(1234.567, -2), trunc(1.99, 1);
SELECT upper('straße'), lower('ÄÖ'), length('äöü'), substr('hello', 2, 3), position('l' in 'hello'), lpad('7', 3, '0');
SELECT 'a' || 'b' || 1, concat('a', NULL, 2), coalesce(NULL, 'z'), nullif(1, 1), greatest(1, 3, 2), least(4, 2);
SELECT CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END, 5 BETWEEN 1 AND 5, 'abc' LIKE 'a%', 'ABC' ILIKE 'a_c', NULL IS NULL;
SELECT extract(year FROM DATE '2026-05-06'), date_trunc('month', TIMESTAMP '2026-05-06 07:08'), age(DATE '2026-05-06', DATE '2020-01-01');
SELECT to_char(1234.5, '9,999.99'), to_char(DATE '2026-05-06', 'Dy DD Mon YYYY');
SELECT * FROM generate_series(1, 10, 4) AS g(n);
SELECT nosuch(1);
SELECT 1 + 'x';
SELECT 'a' + 1.0;
SELECT avg(x), sum(x), count(*), min(x), max(x), stddev(x) FROM (VALUES (1), (2), (4)) AS v(x);
SELECT string_agg(x, ', ' ORDER BY x DESC) FROM (VALUES ('a'), ('c'), ('b')) AS v(x);
