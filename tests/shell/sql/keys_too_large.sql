-- A key that no page of an index takes.
-- (PostgreSQL counts its own bytes and compresses, so this asks for the code alone.)
\set VERBOSITY sqlstate
create table t (a text);
create index by_a on t (a);
insert into t select string_agg(md5(g::text), '') from generate_series(1, 200) g;
drop index by_a;
insert into t select string_agg(md5(g::text), '') from generate_series(1, 200) g;
create index by_a on t (a);
create index by_hash on t using hash (a);
create unique index by_md5 on t (md5(a));
select length(a) from t where a = (select string_agg(md5(g::text), '') from generate_series(1, 200) g);
