-- SELECT … INTO: what it makes, where it may not stand.
create table t (a int);
insert into t values (1);
select 1 as a into t;
select 1 as a, 2 as a into zz;
select 1, 2 into zz;
select a into zz;
select 1 into z1 from t limit 1;
select * from z1;
with q as (select 1 as a) select a into z2 from q;
select a into z3 from t union select 2;
select * from z3 order by 1;
select 1 union select 2 into z4;
select (select 1 into z5);
select * from (select 1 into z5) x;
insert into t select 1 into z6;
create view vv as select 1 into z7;
copy (select 1 into z8) to stdout;
create table z9 as select 1 into z10;
select a.b.c.d into z12 from t;
select 'a' as x into z13;
\d z13
