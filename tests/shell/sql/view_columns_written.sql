-- Writing through a view that names columns of its table twice, with RETURNING and ON CONFLICT.
create table t (a int primary key, b text);
insert into t values (1, 'x');
create view v as select a, a + 1 as c, b from t;
insert into v (a, c) values (1, 2);
insert into v values (2);
update v set c = 1;
create view two as select a, a as a2, b, b as b2 from t;
insert into two (b, a) values ('q', 7) returning *;
insert into two (a, a2, b) values (8, default, 'z') on conflict (a) do update set b = 'w', b2 = 'v';
insert into two (a, b) values (7, 'z') on conflict (a2) do update set b2 = 'v' returning *;
insert into two (a, b) values (7, 'z') on conflict (a) do update set b2 = 'v', b = 'x' returning *;
update two set (a, b2) = (9, 'k') where a = 7 returning *;
delete from two where a2 = 9;
