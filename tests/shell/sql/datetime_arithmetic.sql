-- Dates, times and intervals together.
select date '2024-02-28' + 2, date '2024-03-01' - 1, date '2024-03-01' - date '2023-03-01', 7 + date '2024-01-01';
select date '2024-01-31' + interval '1 month', date '2024-02-29' + interval '1 year', timestamp '2024-03-31 10:00' - interval '1 month';
select timestamp '2024-01-01' - timestamp '2023-01-01 12:34:56', timestamp '2024-01-01' + interval '1 mon 1 day 1 hour', interval '1 hour' + timestamp '2024-01-01';
select interval '1 day' * 1.5, interval '1 mon' * 0.5, interval '1 year' / 7, interval '10 seconds' / 3, -interval '1 mon 2 days';
select age(timestamp '2024-03-15', timestamp '2023-01-31'), age(date '2024-01-01', date '2024-12-31');
select (date '2024-01-01', interval '10 days') overlaps (date '2024-01-05', date '2024-01-06'), (date '2024-01-01', date '2024-01-02') overlaps (date '2024-01-02', date '2024-01-03');
select date_trunc('week', date '2024-02-29'), date_trunc('minute', interval '1 day 02:03:04');
select date '2024-01-01' < timestamp '2024-01-01 00:00:01', interval '1 mon' > interval '29 days', date '2024-01-01' = '2024-01-01';
select date '2024-01-01' - interval '1 hour', pg_typeof(date '2024-01-01' - interval '1 hour'), pg_typeof(date '2024-01-02' - date '2024-01-01');
select date '2024-01-01' * 2;
select interval '1 day' * interval '1 day';
select -date '2024-01-01';
select timestamp '2024-01-01' - 5;
select sum(d) from (values (date '2024-01-01')) v (d);
