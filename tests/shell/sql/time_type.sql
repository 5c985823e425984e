-- TIME: works as PostgreSQL's, or says that it does not.
select time '12:34:56', time '12:34', '04:05:06.789'::time, '4:05 PM'::time, '24:00:00'::time;
select time '25:00';
select time '12:34:56' + interval '1 hour', time '23:00' + interval '2 hours', time '12:00' - time '10:30', date '2024-01-01' + time '12:34';
select extract(hour from time '12:34:56'), extract(epoch from time '01:00'), time '12:00' < time '13:00', timestamp '2024-01-01 12:34:56'::time;
create table t (v time primary key);
insert into t values ('12:00'), ('08:30:15.5');
select * from t order by v;
select min(v), max(v) from t;
