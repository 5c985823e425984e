-- LATERAL: subqueries and functions that look left.
create table t (id int, n int);
insert into t values (1, 2), (2, 0), (3, 3);
select t.id, g from t, generate_series(1, t.n) g order by 1, 2;
select t.id, g from t left join lateral generate_series(1, t.n) g on true order by 1, 2;
select t.id, s.m from t, lateral (select max(n) as m from t u where u.id < t.id) s order by 1;
select t.id, s.m from t, (select max(n) as m from t u where u.id < t.id) s order by 1;
select t.id, s.* from t cross join lateral (select u.id as uid, u.n + t.n as s from t u order by u.n desc limit 1) s order by 1;
select * from t left join lateral (select t.n * 2 as d where t.n > 0) x on true order by 1;
select * from t, lateral (values (t.id), (t.n)) v (x) order by 1, 2, 3;
select * from lateral (select 1) x;
select * from t right join lateral (select t.id) x on true;
select * from t full join lateral (select t.id as z) x on true;
select a.id, b.x, c.y from t a, lateral (select a.n + 1 as x) b, lateral (select b.x * 2 as y) c order by 1;
select * from (select t.id) s, t;
select * from t, generate_series(1, 2) with ordinality as g (v, o) order by 1, 3;
