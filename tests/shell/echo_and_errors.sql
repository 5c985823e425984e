-- c1

select

 x; -- trailing
/* block */ select 'a
b', :v, :'v', :"v", :{?v}, :{?nov}, '::', 1::int;
\set v 'x y'
select :'v', :"v" from (select 1 as "x y") s;
select 1 as a \gset
\echo :a "b c" 'd e'
select $$a;b$$; select 2;
 -- foo
select 1
-- intra
 + x;
\if false
select 'no';
\elif true
select 'yes';
\endif
\nosuch
select "x
y" from t;
insert into nope values (1);
\pset null 'NULL'
select null, true, 1.5, 'multi
line' as "h1
h2";
\x
select null, 'multi
line' as "h1
h2", 3;
\x
create table tt(a int, b text); insert into tt values (1,'x'),(2,'y') returning *;
drop table tt;
drop table if exists tt;
select 1 where false;
select;
