-- Names that PostgreSQL gives.
create table t (a int primary key, b int unique, c int check (c > 0), d int references t, e int, f int, unique (e, f), check (e > f), foreign key (e) references t, check (true));
create table a_table_with_quite_a_long_name_indeed_for_a_table (a_column_with_quite_a_long_name_as_well int primary key, another_column_with_a_long_name_too int unique check (another_column_with_a_long_name_too > 0));
create table u (a int unique, unique (a), check (a > 0), check (a > 0), check (a < 9));
create table n (a int constraint pos check (a > 0), b int constraint uq unique, c int constraint nn not null, constraint pk primary key (a), constraint fk foreign key (b) references t (b));
select conname, contype from pg_constraint where conname in ('pos', 'uq', 'pk', 'fk') order by conname;
create table m (a int constraint pk unique);
create table m (a int constraint x check (a > 0), b int constraint x check (b > 0));
create table m (a int constraint t unique);
insert into n values (-1, 1, 1);
insert into n values (1, 1, 1);
insert into n values (1, null, null);
alter table t add check (a < 100), add unique (c), add foreign key (f) references t;
select conname from pg_constraint where conrelid = 't'::regclass order by 1;
