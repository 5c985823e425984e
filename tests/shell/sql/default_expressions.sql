-- Column defaults: constants, functions, sequences.
create sequence s start 100;
create table t (id int default nextval('s'), a text default 'x' || 'y', b numeric(5,2) default 1.005, c date default '2024-01-01', d int default 1 + 2 * 3, e bool default not false, f text default upper('abc'), g timestamp default null, h varchar(3) default 'ab', i interval default '1 day', j int default -5);
insert into t default values returning *;
insert into t (a) values (default), ('given') returning id, a;
update t set a = default, d = default where id = 101 returning a, d;
\d t
alter table t alter a set default 'z';
insert into t (id) values (1) returning a;
alter table t alter a drop default;
insert into t (id) values (2) returning a;
alter table t alter b set default 12345;
insert into t (id) values (3);
alter table t alter c set default 'nope';
alter table t alter c set default current_date;
insert into t (id) values (4) returning c = current_date;
create table bad (a int default nosuch());
create table bad (a int default 'x' || 'y');
create table bad (a int default b);
create table bad (a int default sum(1));
create table bad (a int default generate_series(1, 2));
create table bad (a int default row_number() over ());
create table bad (a date default 5);
create table good (a bigint default 5, b numeric default 5, c text default 5, d float8 default '1.5');
insert into good default values returning *;
