-- IS [NOT] DISTINCT FROM and other IS predicates.
select 1 is distinct from 2, 1 is distinct from 1, null is distinct from 1, null is distinct from null, 1 is not distinct from null, null is not distinct from null;
select 'a' is distinct from 'b', 1.0 is distinct from 1, 1 is distinct from 'x';
select true is distinct from 1;
select 1 is null, null isnull, 1 notnull, 1 is not null, (1, null) is null, (null, null) is null, (1, null) is not null, (1, 2) is not null;
select not null is null, (not null) is null, 1 = 1 is true, 1 is true;
create table t (a int, b int);
insert into t values (1, 1), (1, 2), (null, 1), (null, null);
select * from t where a is distinct from b order by a, b;
select * from t where a is not distinct from b order by a, b;
select x.a, y.a from t x join t y on x.a is not distinct from y.a and x.b is not distinct from y.b order by 1, 2;
select null = null, null <> null, null > 1, null and false, null || 'x';
select 1 between null and 5, 10 between null and 5, 3 not between 4 and null;
