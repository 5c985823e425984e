-- Wide rows and long values.
create table wide (c1 int, c2 int, c3 int, c4 int, c5 int, c6 text, c7 text, c8 numeric, c9 date, c10 bool, c11 float8, c12 bigint, c13 smallint, c14 timestamp, c15 interval, c16 varchar(10), c17 char(4), c18 real);
insert into wide values (1, 2, 3, 4, 5, 'six', repeat('7', 50), 8.8, '2024-09-09', true, 11.1, 12, 13, '2024-01-14', '15 days', 'sixteen', '17', 18.5);
insert into wide (c18, c1) values (1, 100);
select * from wide where c1 = 1;
select c1, c18, c9 from wide order by c1 desc;
select length(repeat('x', 3000)), md5(repeat('x', 3000));
create table long (id int, v text);
insert into long values (1, repeat('a', 5000)), (2, repeat('b', 100000)), (3, 'short');
select id, length(v), md5(v) from long order by id;
update long set v = v || 'z' where id = 2 returning length(v);
select id from long where v like 'b%z';
select max(length(v)), count(distinct v) from long;
delete from long where length(v) > 10000 returning id;
select substr(v, 4999, 2) from long where id = 1;
select count(*) from long a join long b on a.v = b.v;
