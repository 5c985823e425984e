-- NUMERIC columns of several shapes.
create table n (u numeric, p numeric(10,2), w numeric(38,10), k numeric(3), z numeric(4,4));
insert into n values (1.5, 1.5, 1.5, 1.5, 0.15), (1e20, 12345678.905, 1234567890123456789.0123456789, 999, 0.99994), (-0.000001, -0.005, -0.00000000005, -0.5, -0.00005), (null, null, null, null, null);
select * from n order by u;
select sum(u), sum(p), sum(w), sum(k), sum(z) from n;
select avg(p), avg(w), avg(k) from n;
select p * w, p / 3, w / 3, k / 7, p + z, p - w, p % 1 from n order by u limit 2;
select u = p, p = k, p > w from n order by u;
insert into n (p) values (99999999.995);
insert into n (k) values (999.5);
insert into n (z) values (1);
insert into n (z) values (0.99995);
update n set p = p * 100;
select round(p), round(p, 1), trunc(w, 3), ceil(k), floor(z), abs(p), sign(p) from n order by u;
select p::int, w::bigint, p::float8, p::text, k::smallint from n where u = 1.5;
select distinct p from (values (1.0), (1.00), (1)) v (p);
select p, count(*) from (values (1.0), (1.00), (2)) v (p) group by p order by p;
select 1.0 = 1.00, 1.10 > 1.1, 0.1 + 0.2 = 0.3, 1e2 = 100;
