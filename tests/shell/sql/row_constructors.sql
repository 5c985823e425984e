-- Row values in comparisons and IN.
select (1, 2) = (1, 2), (1, 2) <> (1, 3), (1, 2) < (1, 3), (2, 1) > (1, 9), (1, 2) <= (1, 2), row (1, 'a') = row (1, 'a');
select (1, null) = (1, null), (1, null) <> (2, null), (1, null) < (2, null), (1, null) < (1, 2);
select (1, 2) in ((1, 2), (3, 4)), (1, 2) not in ((1, 3)), (1, null) in ((1, 2)), (1, 2) in ((1, null), (1, 2));
select (1, 2) = (1, 2, 3);
select (1, 2) is null, (null, null) is null, (null, 1) is not null, row (null) is null;
select (1, 2) is distinct from (1, 2), (1, null) is distinct from (1, null), (1, null) is not distinct from (1, 2);
select (1, 'x') = (1, 2);
create table t (a int, b int);
insert into t values (1, 1), (1, 2), (2, 1), (null, 1);
select * from t where (a, b) > (1, 1) order by a, b;
select * from t where (a, b) in ((1, 2), (2, 1)) order by a, b;
select * from t where (a, b) = (1, 1) or (b, a) = (1, 2) order by a, b;
select * from t where (a, b) in (select b, a from t) order by a, b;
select * from t x where (x.a, x.b) = any (select a, b from t where b = 1) order by a, b;
update t set (a, b) = (b, a) where (a, b) = (1, 2) returning *;
update t set (a, b) = row (9, 9) where a = 2 returning *;
