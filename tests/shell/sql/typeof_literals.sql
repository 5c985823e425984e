-- An untyped literal has no type yet, until something gives it one.
select pg_typeof('a'), pg_typeof(null), pg_typeof('a'::text), pg_typeof($$a$$), pg_typeof('a' || 'b'), pg_typeof(1), pg_typeof(coalesce('a', 'b'));
select pg_typeof(x) from (select 'a' as x) s;
select pg_typeof(x) from (values ('a')) s(x);
select pg_typeof((select 'a'));
select pg_catalog.pg_typeof('a');
select pg_typeof(pg_typeof('a'));
