-- DISTINCT with ORDER BY in an aggregate: the argument as written, whatever it is cast to.
create table t (c char(3), v varchar(5), s smallint, i int, r real);
insert into t values ('b', 'y', 2, 3, 1.5), ('a', 'x', 1, 4, 2.5), ('b', 'x', 2, 3, 2.5), (null, null, null, null, null);
select string_agg(distinct c, ',' order by c), string_agg(distinct c, ',' order by c desc) from t;
select string_agg(distinct v, ',' order by v desc), avg(distinct s order by s), sum(distinct i order by i desc) from t;
select stddev(distinct r order by r), count(distinct c order by c), min(distinct s order by s desc) from t;
select string_agg(distinct c, ',' order by c::text) from t;
select string_agg(distinct c::text, ',' order by c::text desc) from t;
select string_agg(distinct c::text, ',' order by c) from t;
select string_agg(distinct c, v order by v, c) from t;
select string_agg(distinct c, v order by i) from t;
select i, string_agg(distinct c, ',' order by c desc) over (partition by i) from t;
