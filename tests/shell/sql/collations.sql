-- COLLATE in definitions: of types that have collations, and shown again.
create table w (a int collate "C");
create table w (a serial collate "C");
create table t (a text collate "C", b varchar(3) collate "POSIX" not null default 'x', c text collate "default", d char(2) collate pg_catalog."C", e text);
\d t
create index t_i on t (a, b, c, d, e collate "C", (c || e) collate "C", e collate "POSIX" desc);
\d t
\d t_i
select pg_get_indexdef('t_i'::regclass);
create index t_j on t (a collate "default", a collate "C");
\d t
drop index t_i, t_j;
create table u (a int);
create index on u (a collate "C");
create index on t ((length(a)) collate "C");
alter table t add column f int collate "C";
alter table t add column f text collate "C";
alter table t alter f type text;
alter table t alter e type text collate "C";
alter table t alter e type int collate "C" using 1;
\d t
select attname, attcollation from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
insert into t (a, b) values ('b', 'B'), ('B', 'b');
select a from t order by a;
