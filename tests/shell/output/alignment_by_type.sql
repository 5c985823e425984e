SELECT 1::smallint AS smallint, 22::integer AS "int", 333::bigint AS bigint, 1.5::real AS "real", 2.5::double precision AS double, 3.50::numeric AS "num";
SELECT true AS boolean_column, 'x'::varchar(5) AS varchar_column, 'y'::char(3) AS char_column, 'text'::text AS a_text_column;
SELECT DATE '2024-02-29' AS a_date_column_header, TIMESTAMP '2024-02-29 12:00:00' AS ts, INTERVAL '1 day 2 hours' AS an_interval_column;
