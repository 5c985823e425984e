-- How numbers are written and read.
select 1, 1.0, 1.50, 1e3, 1e-3, 1.5e10, .5, 100000000000000000000, 1e30, 0.00000001;
select 1::float8, 1.5::float8, 1e15::float8, 1e16::float8, 123456789.123::float8, 1e-5::float8, 0.1::float8, 1.0::real, 1e7::real, 123456.7::real;
select 1::text, 1.50::text, 1e3::text, 1::float8::text, 0.1::real::text, (-5)::text, (1.0/3)::text;
select '007'::int, '+7'::int, ' 7 '::int, '7'::bigint, '7.0'::numeric, '7e2'::numeric, '.7'::float8, '7.'::float8, '1e2'::float8;
select '7.5'::int;
select '7 7'::int;
select '--7'::int;
select '1,000'::int;
select '1e2'::int;
select '0x1f'::int;
select 'infinity'::numeric, 'nan'::float8, '-inf'::float8;
select 3.14::int, 3.5::int, -3.5::int, 2.5::int, 1e9::int;
select 12345.6789::numeric(7,2), 12345.6789::numeric(10,0), 0.5::numeric(1,0), 1.5::numeric(2,0), 2.5::numeric(2,0);
select 1/3.0, 2/3.0, 10/3.0, 1e10/3.0, 1.00/3.00, 1/7::numeric(20,15);
select sqrt(2), sqrt(2.0), exp(1), exp(1.0), ln(10), ln(10.0), pi(), power(2, 0.5), power(2.0, 0.5);
