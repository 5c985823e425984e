-- What a column without an alias is called.
select 1, 'a', true, null;
select upper('a'), count(*), sum(1) from (select 1) s;
select 1 + 1, -1, not true, 'a' || 'b';
select '1'::int, cast(1 as text), 1::numeric(5,2), date '2024-01-01', interval '1 day';
select case when true then 1 end, case when true then 1 else 2 end, coalesce(1, 2), nullif(1, 2), greatest(1, 2), least(1, 2);
select exists (select 1), (select 1), (select 1 as inner_name), (select x from (select 5 as x) s);
select extract(year from date '2024-01-01'), substring('abc' from 1 for 1), trim(' a '), position('a' in 'a'), overlay('a' placing 'b' from 1);
select current_date is not null, current_user = current_user, localtime is not null;
select x, x + 1, (x), x::text, upper(x::text) from (select 1 as x) s;
select s.x, s.* from (select 1 as x) s;
select case x when 1 then y end from (select 1 as x, 2 as y) s;
select case when true then y else x end from (select 1 as x, 2 as y) s;
select row_number() over (), 1 in (1), 1 between 0 and 2, 'a' like 'a', null is null;
select array_agg is null from (select 1 as array_agg) s;
select count(distinct x), max(x) filter (where true) from (select 1 as x) s;
select 'x'::varchar(3), 'x'::char, 1::bigint, 1::smallint, 1.5::real, 1.5::double precision, true::boolean, now()::timestamp is null;
select ((1)), (((x))) from (select 2 as x) s;
select 1 as "Weird Name", 2 as camelCase, 3 as "select";
