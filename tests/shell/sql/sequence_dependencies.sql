-- What depends on a sequence, and on what a sequence depends.
create table c (id serial primary key, z int);
alter table c alter z set default nextval('c_id_seq');
create table d (id int default nextval('c_id_seq'), other int default nextval('c_id_seq'));
create view vc as select * from c;
create table e (q int references c, z int default nextval('c_id_seq'));
drop table c;
alter table c drop column id;
drop view vc;
alter table c drop column id;
drop table c, e;
drop sequence c_id_seq;
begin;
alter table c drop column id cascade;
insert into c values (1) returning *;
rollback;
drop table c cascade;
\d d
insert into d default values returning *;
drop table d, e;
create table a (k int, l int);
create sequence ok owned by a.k;
alter table a drop column k;
\ds
create sequence counted owned by a.l;
select pg_get_serial_sequence('a', 'l');
select nextval('counted'), nextval('counted');
truncate a restart identity;
select nextval('counted');
alter table a alter l set default nextval('counted');
drop sequence counted;
drop table a;
create table s (x serial);
alter table s alter x drop default;
select pg_get_serial_sequence('s', 'x');
drop sequence s_x_seq;
insert into s values (default);
insert into s values (1) returning *;
drop table s;
create table s (x serial);
alter sequence s_x_seq owned by none;
select pg_get_serial_sequence('s', 'x');
drop sequence s_x_seq;
drop table s;
\ds
drop sequence s_x_seq;
create table s (x int generated always as identity);
alter sequence s_x_seq owned by none;
drop sequence s_x_seq;
create table s2 (x int default nextval('s_x_seq'));
alter table s alter x drop identity;
drop table s;
drop table s, s2;
create table s (x serial);
create table s3 (y serial);
alter sequence s_x_seq owned by s3.y;
select pg_get_serial_sequence('s', 'x');
drop table s3;
drop table s3 cascade;
\d s
drop table s;
\ds
-- The name of an identity's sequence.
create table n (a int generated always as identity (sequence name chosen start 5));
insert into n default values returning *;
select pg_get_serial_sequence('n', 'a');
create table m (a int generated always as identity (sequence name chosen));
create sequence w sequence name chosen;
alter sequence chosen sequence name w;
-- Bounds that were chosen outlive a change of the type.
create sequence m as int minvalue 5 maxvalue 100;
alter sequence m as smallint;
\d m
alter sequence m as bigint;
\d m
drop sequence m;
create sequence m as int;
alter sequence m as smallint;
\d m
alter sequence m as bigint;
\d m
drop sequence m;
create sequence m as int increment -1;
alter sequence m as smallint;
\d m
alter sequence m as bigint;
\d m
drop sequence m;
create sequence m maxvalue 70000 start 60000;
alter sequence m as smallint;
