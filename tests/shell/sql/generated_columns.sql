-- GENERATED ALWAYS AS (...) STORED: works or says that it does not.
insert into t values (2, 3) returning *;
insert into t values (2, 3, 6);
insert into t (w, h, area) values (4, 5, default) returning *;
update t set w = 10 returning *;
update t set area = 1;
update t set area = default returning *;
select * from t where area > 20;
