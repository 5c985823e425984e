-- Forms of the standard that need more than a first cut say so or work.
create table t (a int, b int);
insert into t values (1, 1), (2, 2);
select a from t order by a fetch first 1 row only;
select * from t where a = 1 and b is not null and a is not distinct from 1;
table t;
values (1), (2) order by 1 desc limit 1;
select all a from t order by a;
select a as "A", b b2 from t as x order by 1;
select x.* from t as x (p, q) order by p;
select t.a, x.p from t, t as x (p) where t.a = x.p order by 1;
select count(all a), count(distinct a), sum(distinct b) from t;
select a, b from t group by a, b order by a;
select current_date = now()::date, current_timestamp = now(), localtimestamp is not null, current_user = session_user, current_catalog = current_database();
select cast(a as text) || cast(b as varchar(2)) from t order by 1;
select substring('abc' from 2), trim(both 'x' from 'xax'), position('b' in 'abc'), overlay('abc' placing 'X' from 2), extract(year from date '2024-01-01');
explain (costs off) select * from t;
