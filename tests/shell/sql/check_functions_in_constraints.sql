-- Checks and indexes that call functions.
create table t (email text check (position('@' in email) > 1), code text check (upper(code) = code and length(code) between 2 and 4), born date check (born >= date '1900-01-01' and extract(year from born) < 2100), qty int check (qty % 5 = 0 or qty is null), j text check (j in ('a', 'b') or j like 'x%'));
insert into t values ('a@b', 'AB', '1950-01-01', 10, 'a');
insert into t values ('ab', 'AB', '1950-01-01', 10, 'a');
insert into t values ('@b', 'AB', '1950-01-01', 10, 'a');
insert into t values ('a@b', 'ab', '1950-01-01', 10, 'a');
insert into t values ('a@b', 'ABCDE', '1950-01-01', 10, 'a');
insert into t values ('a@b', 'AB', '1850-01-01', 10, 'a');
insert into t values ('a@b', 'AB', '2150-01-01', 10, 'a');
insert into t values ('a@b', 'AB', '1950-01-01', 11, 'a');
insert into t values ('a@b', 'AB', '1950-01-01', null, 'xyz');
insert into t values ('a@b', 'AB', '1950-01-01', null, 'c');
insert into t values (null, null, null, null, null);
create unique index on t (lower(email));
create unique index t_email on t (lower(email)) where qty is not null;
insert into t values ('A@B', 'CD', '1960-01-01', 5, 'b');
update t set qty = 7 where code = 'AB';
update t set code = lower(code);
select email, code, born, qty, j from t order by email, qty;
