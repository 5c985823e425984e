-- DEFAULT in every place, and SERIAL with given values.
create table t (id serial primary key, a int default 5, b text not null default 'b', c text);
insert into t default values returning *;
insert into t values (default, default, default, default) returning *;
insert into t (a) values (default), (1), (null) returning *;
insert into t (c, b) values ('c', default) returning *;
insert into t (id) values (100) returning id;
insert into t default values returning id;
insert into t (id) values (default) returning id;
insert into t (b) values (null);
insert into t (b) select default;
insert into t (id, a) select 200, 7 returning *;
insert into t (a) values (default + 1);
update t set a = default, b = default, c = default where id = 1 returning *;
update t set (a, b) = (default, 'z') where id = 2 returning *;
update t set id = default where id = 100 returning id;
insert into t values (6);
select max(id) from t;
