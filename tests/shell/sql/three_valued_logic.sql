-- AND, OR, NOT over true, false and NULL.
create table l (v bool);
insert into l values (true), (false), (null);
select a.v, b.v, a.v and b.v as "and", a.v or b.v as "or", a.v = b.v as eq, a.v <> b.v as ne from l a, l b order by 1, 2;
select v, not v, v is true, v is false, v is unknown, v is not true, v is not false, v is not unknown from l order by v;
select count(*) from l where v;
select count(*) from l where not v;
select count(*) from l where v or not v;
select count(*) from l where (v or not v) is null;
select count(*) from l where v = v;
select count(*) from l where v is not distinct from v;
select bool_and(v), bool_or(v), every(v) from l;
select v in (true, null), v not in (true, null), v in (false) from l order by v;
select v between false and true, v > false, v >= null from l order by v;
select coalesce(v, false), nullif(v, true), case when v then 1 when not v then 0 end from l order by v;
select max(v::int), min(v::int), sum(v::int) from l;
select * from l order by v desc;
select distinct v from l order by v nulls first;
