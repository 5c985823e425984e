-- ALTER TABLE DROP COLUMN and what depends on it.
create table t (a int primary key, b int unique, c int check (c > 0), d text, e int, f int, unique (e, f));
create index t_d on t (d);
insert into t values (1, 2, 3, 'four', 5, 6);
alter table t drop column nosuch;
alter table t drop column if exists nosuch;
alter table t drop column d;
select * from t;
alter table t drop b, drop c;
select * from t;
alter table t drop column e;
\d t
create view v as select a from t;
alter table t drop column a;
alter table t drop column a cascade;
select * from v;
\d t
insert into t values (7);
select * from t order by f;
alter table t drop column f;
select * from t;
select count(*) from t;
create table p (id int primary key, k int unique);
create table q (x int references p (k));
alter table p drop column k;
alter table p drop column k cascade;
\d q
alter table p drop column ctid;
create table s (id serial, n int);
alter table s drop column id;
select nextval('s_id_seq');
