-- Trees by self join and recursion.
create table node (id int primary key, parent int references node, name text);
insert into node values (1, null, 'root'), (2, 1, 'a'), (3, 1, 'b'), (4, 2, 'aa'), (5, 2, 'ab'), (6, 4, 'aaa'), (7, null, 'lone');
select c.name, p.name as parent from node c left join node p on c.parent = p.id order by c.id;
select p.name, count(c.id) from node p left join node c on c.parent = p.id group by p.id, p.name order by p.id;
select a.name, b.name from node a join node b on a.parent = b.parent and a.id < b.id order by 1, 2;
with recursive t as (select id, name, 0 as depth, name as path from node where parent is null union all select n.id, n.name, t.depth + 1, t.path || '/' || n.name from node n join t on n.parent = t.id) select repeat('  ', depth) || name as tree, path from t order by path;
with recursive up as (select id, parent from node where id = 6 union all select n.id, n.parent from node n join up on n.id = up.parent) select id from up;
with recursive d as (select id as top, id from node union all select d.top, n.id from d join node n on n.parent = d.id) select top, count(*) - 1 as below from d group by top order by top;
select name from node n where not exists (select 1 from node c where c.parent = n.id) order by name;
select max(depth) from (with recursive t as (select id, 1 as depth from node where parent is null union all select n.id, depth + 1 from node n join t on n.parent = t.id) select * from t) s;
delete from node where id = 1;
delete from node where id in (select id from node where name like 'a%');
delete from node where id = 7;
select count(*) from node;
