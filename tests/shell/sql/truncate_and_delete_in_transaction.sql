-- What rolls back.
create table t (id serial primary key, v text);
insert into t (v) values ('a'), ('b'), ('c');
begin; delete from t where id = 1; select count(*) from t; rollback;
select count(*) from t;
begin; truncate t; select count(*) from t; insert into t (v) values ('new') returning id; rollback;
select * from t order by id;
begin; truncate t; commit;
select * from t;
insert into t (v) values ('x') returning id;
begin; savepoint s; truncate t; rollback to s; select count(*) from t; commit;
begin; update t set v = v || '!'; savepoint s; update t set v = v || '?'; rollback to s; commit;
select * from t;
begin; drop table t; create table t (z int); insert into t values (1); select * from t; rollback;
select * from t;
begin; create table u (a int); insert into u values (1); savepoint s; drop table u; rollback to s; select * from u; commit;
select * from u;
begin; alter table u add column b int default 3; select * from u; rollback; select * from u;
