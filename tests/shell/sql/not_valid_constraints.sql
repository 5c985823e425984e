-- NOT VALID: rows that are there are not tested, every new version of one is, and VALIDATE CONSTRAINT makes up for it.
create table p (id int primary key);
create table t (a int primary key, b int unique, c int check (c > 0) no inherit, d int);
insert into p values (1);
insert into t values (1, 1, 1, 7);
alter table t add constraint low check (b > 5) no inherit not valid;
alter table t add constraint child foreign key (d) references p not valid;
alter table t add check (a < 100) not valid;
\d t
\d p
select conname, convalidated, connoinherit, pg_get_constraintdef(oid), pg_get_constraintdef(oid, true) from pg_constraint where conrelid = 't'::regclass order by 1;
update t set c = 2;
update t set c = 2, b = 6;
update t set b = 1;
insert into t values (2, 3, 1, 1);
insert into t values (2, 7, 1, 9);
update t set c = 3;
update t set d = 8;
alter table t validate constraint low;
alter table t validate constraint low;
alter table t validate constraint child;
alter table t validate constraint nosuch;
alter table t validate constraint t_pkey;
alter table t validate constraint t_b_key;
insert into p values (7);
alter table t validate constraint child;
alter table t validate constraint t_a_check;
\d t
select conname, convalidated from pg_constraint where conrelid = 't'::regclass order by 1;
-- In CREATE TABLE there are no rows to be spared.
create table n (a int, constraint x check (a > 0) not valid, foreign key (a) references p not valid);
\d n
alter table n rename column a to b;
alter table n drop constraint x;
-- MATCH FULL looks at rows that mix.
create table q (a int, b int, unique (a, b));
create table r (a int, b int);
insert into r values (null, 1);
alter table r add constraint whole foreign key (a, b) references q (a, b) match full;
alter table r add constraint whole foreign key (a, b) references q (a, b) match full not valid;
alter table r validate constraint whole;
delete from r;
alter table r validate constraint whole;
\d r
