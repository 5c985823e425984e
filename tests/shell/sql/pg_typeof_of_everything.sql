-- Result types of common expressions.
select pg_typeof(current_date), pg_typeof(now()), pg_typeof(current_timestamp), pg_typeof(localtimestamp), pg_typeof(current_user), pg_typeof(version());
select pg_typeof(count(*)), pg_typeof(sum(1)), pg_typeof(sum(1::bigint)), pg_typeof(sum(1.5)), pg_typeof(avg(1)), pg_typeof(sum(1::real)), pg_typeof(string_agg('a', 'b')), pg_typeof(bool_and(true)) from (select 1) s;
select pg_typeof(1 / 2), pg_typeof(1 / 2.0), pg_typeof(2 ^ 2), pg_typeof(sqrt(2)), pg_typeof(1 > 2), pg_typeof('a' || 'b'), pg_typeof(-1), pg_typeof(1 % 2);
select pg_typeof(length('a')), pg_typeof(upper('a')), pg_typeof(substr('a', 1)), pg_typeof(round(1.5)), pg_typeof(floor(1.5::float8)), pg_typeof(abs(-1));
select pg_typeof(date '2024-01-01' + 1), pg_typeof(date '2024-01-01' + interval '1 day'), pg_typeof(timestamp '2024-01-01' - timestamp '2024-01-01'), pg_typeof(extract(year from now())), pg_typeof(age(now()));
select pg_typeof(row_number() over ()), pg_typeof(rank() over ()), pg_typeof(ntile(2) over ()), pg_typeof(percent_rank() over ()), pg_typeof(lag(1) over ());
select pg_typeof('a'::char(3)), pg_typeof('a'::varchar(3)), pg_typeof(1::numeric(5,2)), pg_typeof(now()::timestamp), pg_typeof('1 day'::interval), pg_typeof('a'::name), pg_typeof(1::oid), pg_typeof('\x'::bytea);
select pg_typeof(case when true then 1 end), pg_typeof(coalesce(1, 2)), pg_typeof((select 1)), pg_typeof(exists (select 1)), pg_typeof(1 in (1));
select pg_typeof(generate_series(1, 1)), pg_typeof(random()), pg_typeof(pg_typeof(1));
