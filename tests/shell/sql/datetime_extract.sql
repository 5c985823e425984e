-- extract and date_part over every field.
select extract(year from timestamp '2024-02-29 13:14:15.678'), extract(decade from timestamp '2024-02-29'), extract(century from timestamp '2000-12-31'), extract(millennium from timestamp '2001-01-01');
select extract(week from date '2021-01-03'), extract(isoyear from date '2021-01-03'), extract(isodow from date '2021-01-03'), extract(dow from date '2021-01-03'), extract(doy from date '2020-12-31');
select extract(quarter from date '2024-11-05'), extract(julian from timestamp '2024-01-01 12:00'), extract(epoch from timestamp '1970-01-02');
select extract(millisecond from timestamp '2024-01-01 00:00:01.5'), extract(microsecond from timestamp '2024-01-01 00:00:01.5'), extract(seconds from timestamp '2024-01-01 00:00:01.5');
select date_part('hour', timestamp '2024-01-01 05:06:07'), date_part('dow', date '2024-01-01'), date_part('epoch', interval '1 day');
select extract(year from date '0044-03-15 BC'), extract(century from date '0001-01-01 BC');
select extract(epoch from date 'infinity'), extract(year from timestamp '-infinity');
select extract('month' from date '2024-05-01'), extract(MONTH from date '2024-05-01');
select extract(year from 'x');
select extract(fortnight from date '2024-01-01');
select pg_typeof(extract(year from date '2024-01-01')), pg_typeof(date_part('year', date '2024-01-01'));
