-- (a, b) IN (SELECT ...) and NOT IN, with NULL on either side.
create table l (i int, a int, b text); create table r (a int, b text);
insert into l select g, case when g % 7 = 0 then null else g % 50 end, case when g % 11 = 0 then null else 'v' || g % 13 end from generate_series(1, 3000) g;
insert into r select g % 37, 'v' || g % 5 from generate_series(1, 500) g;
select count(*) filter (where x), count(*) filter (where not x), count(*) filter (where x is null) from (select (a, b) in (select a, b from r) x from l) q;
select count(*) filter (where x), count(*) filter (where not x), count(*) filter (where x is null) from (select (a, b) not in (select a, b from r where a < 0) x from l) q;
insert into r values (null, 'v1'), (3, null);
select count(*) filter (where x), count(*) filter (where not x), count(*) filter (where x is null) from (select (a, b) in (select a, b from r) x from l) q;
select count(*), sum(i) from l where (a, b) not in (select a, b from r);
select count(*), sum(i) from l where (a, b) in (select a, b from r);
select count(*), sum(i) from l where (a, b) in (select a, b from r) is null;
insert into r values (null, null);
select count(*) filter (where x), count(*) filter (where not x), count(*) filter (where x is null) from (select (a, b) in (select a, b from r) x from l) q;
select count(*) filter (where x), count(*) filter (where not x), count(*) filter (where x is null) from (select (a::bigint, b) in (select a::numeric, b::varchar from r where a is not null) x from l) q;
explain (costs off) select count(*) from l where (a, b) not in (select a, b from r);
select count(*) from l where (a, b, i) not in (select a, b, 5 from r);
select count(*) from l where (a, i) not in (select a, a + 1 from r where a is not null);
