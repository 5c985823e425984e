-- WITH ... INSERT, UPDATE, DELETE.
create table t (a int primary key, b text); create table log (a int, b text);
insert into t values (1, 'x'), (2, 'y'), (3, 'z');
select * from t order by a;
select count(*) from t;
select * from log order by a;
