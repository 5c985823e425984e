-- to_date and to_timestamp templates.
set timezone = 'UTC';
select to_date('2024-02-09', 'YYYY-MM-DD'), to_date('09 Feb 2024', 'DD Mon YYYY'), to_date('20240209', 'YYYYMMDD'), to_date('9/2/24', 'DD/MM/YY'), to_date('February 9, 2024', 'Month DD, YYYY');
select to_date('2024-040', 'YYYY-DDD'), to_date('2024-06-5', 'IYYY-IW-ID'), to_date('99', 'YY'), to_date('69', 'YY'), to_date('70', 'YY');
select to_date('2024-02-30', 'YYYY-MM-DD');
select to_date('2024-13-01', 'YYYY-MM-DD');
select to_date('abc', 'YYYY-MM-DD');
select to_timestamp('2024-02-09 03:04:05 PM', 'YYYY-MM-DD HH12:MI:SS AM'), to_timestamp('2024-02-09 15:04:05.678', 'YYYY-MM-DD HH24:MI:SS.MS');
select to_timestamp('25:00', 'HH24:MI');
select to_timestamp('13:00 PM', 'HH12:MI AM');
select to_timestamp(1e10), to_timestamp('infinity'::float8);
select to_date(null, 'YYYY'), to_date('2024', null);
