-- UPDATE and DELETE over joins, views and subqueries.
create table a (id int primary key, v int); create table b (id int, w int); create table c (id int, z int);
insert into a values (1, 10), (2, 20), (3, 30); insert into b values (1, 100), (1, 101), (3, 300); insert into c values (1, 7), (2, 8);
update a set v = c.z from c where a.id = c.id returning a.*, c.z;
update a set v = v + b.w from b where b.id = a.id and b.w > 150 returning a.id, a.v;
update a set v = s.total from (select id, sum(w) as total from b group by id) s where s.id = a.id returning a.*;
update a set v = coalesce(c.z, -1) from b left join c on c.id = b.id where b.id = a.id and b.w >= 300 returning *;
update a set v = (select max(w) from b where b.id = a.id) where exists (select 1 from b where b.id = a.id) returning *;
update a set v = 0 from b, c where b.id = a.id and c.id = a.id returning a.id;
delete from b using a where a.id = b.id and a.v = 0 returning b.*;
delete from a using (select max(id) as m from a) s where a.id = s.m returning a.id;
delete from a where (id, v) in (select id, z from c) returning *;
select * from a order by id;
