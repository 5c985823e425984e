-- Variables in statements.
\set n 5
\set s 'it''s'
\set t my_table
create table :t (a int, b text);
insert into :t values (:n, :'s');
select * from :"t" where a = :n;
select :n + 1, :'n' || 'x', :'s';
\set empty
select ':n', ":n" from (select 1 as ":n") q;
select 1::int, 'a::b', :nosuch;
select a as x, b as y from :t \gset
\echo :x :y
select :x * 2 as double, :'y' as same;
select 1 as p_a, 2 as p_b \gset pre_
\echo :pre_p_a :pre_p_b
\unset n
select :n;
drop table :t;
