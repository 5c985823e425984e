-- What is stored of an expression reads back: casts that nobody wrote, calls beside operators, text beside numbers.
create table t (c char(3), v varchar(10), a int, n numeric(5,2));
create unique index by_call on t (upper(c));
create unique index by_concat on t ((c || 'x'));
create unique index by_two_calls on t ((lower(c) || upper(v)));
create unique index by_number on t ((v || a), (n || c));
create unique index by_list on t ((a in (1, 2, 3)), (v like 'x%'), (not (a > 5 and n > 1)));
create index by_nulls on t (num_nulls(a, c));
create index partial on t (a) where c || 'x' <> 'y';
create index by_time on t ((v || now()));
alter table t add check (upper(c) <> 'ZZ'), add check (length(c) < 4);
alter table t alter v set default upper('x'::char(3));
\d t
\d by_list
select indexdef from pg_indexes where tablename = 't' order by 1;
insert into t values ('a', 'b', 1, 2);
insert into t values ('A', 'b', 1, 2);
drop index by_call;
insert into t values ('a', 'c', 7, 2);
drop index by_concat;
insert into t values ('a', 'b', 7, 2);
drop index by_two_calls;
insert into t values ('a', 'b', 1, 2);
drop index by_number;
insert into t values ('a', 'b', 1, 2);
insert into t values ('zz', 'b', 1, 2);
insert into t (c, a) values ('q', 9) returning *;
explain (costs off) select * from t where upper(c) = 'x' order by lower(c) || v;
create unique index again on t (lower(c), (a * 0 + 1), (c || v));
insert into t values ('q', 'X', 10, 5);
