-- COPY (…) TO of a statement that writes needs RETURNING.
create table t (a int, b text);
copy (insert into t values (1, 'x')) to stdout;
copy (insert into t values (1, 'x'), (2, 'y') returning b, a) to stdout;
copy (update t set a = a + 1) to stdout;
copy (update t set a = a + 1 returning a) to stdout;
copy (delete from t) to stdout;
copy (delete from t where a = 2 returning *) to stdout;
select * from t;
