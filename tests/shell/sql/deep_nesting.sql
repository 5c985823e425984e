-- Depth without harm.
select ((((((((((((((((((((1))))))))))))))))))));
select 1 + (1 + (1 + (1 + (1 + (1 + (1 + (1 + (1 + 1))))))));
select * from (select * from (select * from (select * from (select * from (select 1 as x) a) b) c) d) e;
select (select (select (select (select (select 5)))));
select case when true then case when true then case when true then 'deep' end end end;
select exists (select 1 where exists (select 1 where exists (select 1 where exists (select 1))));
select 1 where 1 in (select 1 where 1 in (select 1 where 1 in (select 1)));
with a as (with b as (with c as (select 1 as x) select x + 1 as x from c) select x + 1 as x from b) select x from a;
select 1 union (select 2 union (select 3 union (select 4))) order by 1;
select not not not not true, - - - - 5, ((1, 2)) = ((1, 2));
select coalesce(null, coalesce(null, coalesce(null, 'found')));
select length(repeat('x', 100000)), length(repeat('ab', 50000) || 'c');
select sum(x) from (select 1 as x union all select 2 union all select 3 union all select 4 union all select 5) s;
