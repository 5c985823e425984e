-- Where a column of a query, a reference to a WITH query, a parameter and a long name are pointed at.
create table t (a int, b text, e date, f boolean);
insert into t (a) select 'x'::text;
insert into t (b, a) select 'x', 'y'::text;
insert into t select *, 1 from (values (1, 'b', now())) v;
insert into t select *, 1 from (values (1, 'b', date '2024-01-01')) v;
insert into t select 1, * from (values ('b', 5)) v;
insert into t select * from (values (1, 'b', 7)) v;
insert into t (a, b, e) select 9, 8, 7 union select 10, 11, 12;
insert into t (a, f) (select 20, 1);
insert into t (a, f) with w as (select 1 as one) select 20, one from w;
with recursive x(n) as (select 1 union all select n from x, x y) select 1;
with recursive x(n) as (select 1 union all select n from t left join x on true) select 1;
with recursive x(n) as (select 1 union all select n from x full join t on true) select 1;
with recursive x(n) as (select 1 union all select 2 where 1 in (select n from x)) select 1;
with recursive x(n) as (select 1 union all (select 2 except select n from x)) select 1;
select $1;
select a.b.c.d.e;
select a.b.c.d.e.f from t;
