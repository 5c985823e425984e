-- Comparing text: bytes, padding, case, empty strings.
select 'a' < 'b', 'a' < 'B', 'A' < 'a', '' < 'a', 'a' < 'aa', 'Z' < 'a', '1' < 'a', ' ' < 'a', 'é' > 'z';
select 'abc' = 'abc ', 'abc'::char(5) = 'abc', 'abc'::varchar(5) = 'abc ', 'abc'::char(5) = 'abc'::char(10);
select '' = '', '' is null, length(''), '' || 'x';
select greatest('a', 'B', 'c'), least('a', 'B', 'c'), max(x), min(x) from (values ('b'), ('A'), ('a')) v (x);
select 'abc' between 'abb' and 'abd', 'b' in ('a', 'b'), 'b' not in ('a', null);
select 'ABC' ilike 'abc', lower('ABC') = 'abc', 'a' <> 'A', 'a' is distinct from 'A';
select x from (values ('a1'), ('a10'), ('a2'), ('A1')) v (x) order by x;
select x from (values ('a1'), ('a10'), ('a2'), ('A1')) v (x) order by lower(x) desc, x;
select count(distinct x), count(distinct lower(x)) from (values ('a'), ('A'), ('b')) v (x);
select x, count(*) from (values ('a'), ('a '), ('A')) v (x) group by x order by x;
select x::char(3), count(*) from (values ('a'), ('a '), ('A')) v (x) group by 1 order by 1;
