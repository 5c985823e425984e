-- DISTINCT, FILTER and ORDER BY inside aggregates.
create table t (g int, v int, s text);
insert into t values (1, 3, 'c'), (1, 1, 'a'), (1, 3, 'c'), (2, 5, null), (2, null, 'z'), (3, null, null);
select g, string_agg(s, ',' order by s), string_agg(s, ',' order by s desc), string_agg(distinct s, ',') from t group by g order by g;
select g, string_agg(s, '-' order by v desc, s), count(distinct v), sum(distinct v), avg(distinct v) from t group by g order by g;
select string_agg(distinct s, ',' order by s desc) from t;
select string_agg(distinct s, ',' order by v) from t;
select count(*) filter (where v > 1), sum(v) filter (where s is not null), sum(v) filter (where false), string_agg(s, ',' order by s) filter (where v is not null) from t;
select g, count(*) filter (where v is null) as n, max(v) filter (where v < 5) from t group by g order by g;
select count(distinct v) filter (where g = 1), count(distinct g) from t;
select sum(v order by v), max(distinct v), min(v order by s) from t;
select string_agg(v::text, ',' order by v nulls first), string_agg(v::text, ',' order by -v) from t;
select string_agg(s, g::text order by s) from t;
select string_agg(s) from t;
select string_agg(v, ',') from t;
select g, sum(count(*)) over (order by g), count(*) filter (where v = 3) * 2 from t group by g order by g;
select sum(v) filter (where exists (select 1 from t u where u.g = t.g + 1)) from t;
select max(s || 'x') filter (where s <> 'z'), count(*) filter (where not s = 'a') from t;
