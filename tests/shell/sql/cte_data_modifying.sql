-- WITH ... INSERT, UPDATE, DELETE.
create table t (a int primary key, b text); create table log (a int, b text);
insert into t values (1, 'x'), (2, 'y'), (3, 'z');
-- One snapshot; what passes between them is RETURNING.
with gone as (delete from t where a = 1 returning *) select * from gone;
with new as (insert into t values (1, 'again') returning a) select (select count(*) from t) as seen, a from new;
with changed as (update t set b = upper(b) returning a, b) select t.a, t.b as old, changed.b as new from t join changed on t.a = changed.a order by 1;
with gone as (delete from t where a = 2 returning *) insert into log select * from gone;
with gone as (delete from t where a = 3 returning *), kept as (insert into log select a, b from gone returning a)
  update t set b = 'kept ' || kept.a from kept where t.a = 1 returning t.*;
select * from t order by a;
select * from log order by a;
-- Each is run once, to its end, whatever is read of it.
with new as (insert into t select n, 'n' from generate_series(10, 15) n returning a) select a from new limit 2;
with new as (insert into t values (20, 'unread')) select count(*) from t;
with gone as (delete from t where a >= 14 returning a), log as (insert into log select a, 'gone' from gone) select 1 as one;
with new as (insert into t values (30, 'twice') returning a) select x.a, y.a from new x, new y;
select * from t order by a;
select * from log order by a;
-- Those that nobody reads run at the end, the last one first.
create table step (n serial, what text);
with a as (insert into step (what) values ('a')), b as (insert into step (what) values ('b')), c as (insert into step (what) values ('c') returning n)
  insert into step (what) select 'main' from c;
select * from step order by n;
-- The tag counts the main statement's rows.
with a as (delete from step) insert into log values (100, 'a'), (101, 'b');
with a as (insert into step (what) values ('a'), ('b')) update log set b = 'c' where a = 100;
with a as (insert into step (what) values ('a'), ('b')) delete from log where a > 50;
-- One row, two writers.
with x as (update t set b = 'cte' where a = 10 returning a) update t set b = 'main' where a = 10 returning *;
with x as (update t set b = 'first' where a = 10 returning a) update t set b = 'second' from x where t.a = x.a returning t.*;
with x as (update t set b = 'kept' where a = 10 returning a, b), y as (delete from t where a = 10 returning *) select 'y', * from y union all select 'x', * from x;
with x as (delete from t where a = 11 returning a) insert into t select a, 'back' from x returning *;
with x as (delete from t where a = 11) insert into t values (11, 'too early');
with x as (insert into t values (40, 'x') on conflict (a) do nothing returning a), y as (insert into t values (40, 'y') on conflict (a) do nothing returning a)
  select 'x', * from x union all select 'y', * from y;
with x as (insert into t values (41, 'x') on conflict (a) do update set b = 'x2'), y as (insert into t values (41, 'y') on conflict (a) do update set b = 'y2') select 1;
with x as (update t set b = 'upd' where a = 12 returning a) insert into t select a, 'new' from x on conflict (a) do update set b = 'conf';
with x as (insert into t values (12, 'ins') on conflict (a) do update set b = excluded.b || t.b returning *) select * from x;
select * from t order by a;
-- Names.
with t as (select 50 as a) insert into t select a, 'not hidden' from t returning *;
with t as (select 50 as a) delete from t using t as other where t.a = other.a returning t.*;
with nowhere as (select 1 as a) insert into nowhere select a from nowhere;
with x (k, v) as (update t set b = 'named' where a = 13 returning a, b) select k, v from x;
with x (k) as (update t set b = 'named' where a = 13 returning a, 'word') select * from x;
with x (k, l, m) as (update t set b = 'named' where a = 13 returning a) select * from x;
with x as materialized (update t set b = 'm' where a = 13 returning a) select * from x;
with x as not materialized (update t set b = 'n' where a = 13 returning a) select * from x, x y;
with x as (update t set b = 'alias' where a = 13 returning a) select * from x for update;
-- Queries beside and inside of them, WITH in both places, RECURSIVE.
with few as (select a from t where a < 12), gone as (delete from t using few where t.a = few.a returning t.a) select * from gone order by a;
with ins as (with src as (select 60 as a, 'inner' as b) insert into t select * from src returning *) select * from ins;
with gone as (delete from t where a = 60 returning *) insert into log with loud as (select a, b || '!' as b from gone) select * from loud returning *;
with recursive r (n) as (select 1 union all select n + 1 from r where n < 3), new as (insert into log select n, 'r' from r returning a) select sum(a) from new;
with recursive x as (insert into log values (70, 'alone') returning *) select * from x;
with recursive x as (insert into log select * from x returning *) select * from x;
with x as (insert into log select * from x returning *) select * from x;
-- Where they may not stand.
with x as (delete from t) select * from x;
with x as (delete from t) select 1 where exists (select 1 from x);
select * from (with x as (delete from t returning a) select * from x) y;
select (with x as (delete from t returning a) select a from x);
with y as (with x as (delete from t returning a) select * from x) select * from y;
with y as (with x as (delete from t returning a) insert into log select a from x) select 1;
insert into log with x as (delete from t returning *) select * from x;
insert into log with x as (delete from t returning *) values (1, 'a');
(with x as (delete from t returning *) select * from x) union select 9, 'x';
(with x as (update t set b = 'brackets' where a = 13 returning *) select * from x);
with x as (update t set b = 'union' where a = 13 returning *) select * from x union select 9, 'x' order by 1;
create view v as with x as (delete from t returning a) select * from x;
with x as (delete from nowhere) select 1;
with x as (update t set c = 1) select 1;
with x as (delete from t returning a), x as (select 1) select 1;
-- Statements that carry them.
create table made as with x as (delete from t where a = 13 returning *) select * from x;
select * from made;
with x as (delete from made returning *) select * into made2 from x;
table made2;
copy (with x as (update made2 set b = 'copied' returning a, b) select * from x) to stdout;
copy (with x as (update made2 set b = 'again') insert into made values (1, 'c') returning a) to stdout;
prepare p as with x as (insert into made values ($1, $2) returning a) select a + $3 as sum from x;
execute p (5, 'five', 10);
execute p (6, 'six', 20);
prepare q as with x as (update made set b = $1 where a = $2 returning *) insert into log select * from x where b <> $3;
execute q ('seven', 5, 'no');
prepare r as with x as (delete from made where a = 6 returning $1 as c) select c from x;
prepare s as with x as (delete from made where b is null returning $1::int as c) select c from x;
-- Foreign keys look when all is done.
create table parent (id int primary key); create table child (id int primary key, parent int references parent on delete cascade);
with p as (insert into parent values (1), (2) returning id) insert into child select id * 10, id from p;
with c as (insert into child values (30, 3)) insert into parent values (3);
with c as (insert into child values (40, 4)) select 1;
with p as (delete from parent where id = 1 returning id) select * from child order by id;
with p as (delete from parent where id = 2), c as (insert into child values (21, 2)) select 1;
select * from child order by id;
-- READ ONLY.
begin read only;
explain (costs off) with x as (delete from t returning a) select * from x;
with x as (delete from t returning a) select * from x;
rollback;
begin read only;
with x as (delete from t returning a) insert into log select a from x;
rollback;
begin read only;
with x as (delete from t returning a) select x.* from x, log for share of log;
rollback;
-- An error takes all of it back.
with x as (delete from log returning a), y as (insert into t values (30, 'there already')) select count(*) from x;
select count(*) from log;
-- Other main queries.
with x as (insert into log values (500, 'table')) table child;
with x as (insert into log values (501, 'values')) values (1), (2);
with x as (delete from log where a >= 500 returning a, b) select a from x intersect values (500), (502);
-- Plans.
explain (verbose, costs off) with x as (insert into log select * from t returning a + 1 as next, b) select next from x;
explain (verbose, costs off) with x as (delete from t returning *) delete from t old returning old.b;
explain (costs off, format json) with x as (delete from t returning a) select a from x;
