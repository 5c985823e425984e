create table t (a int, b text);
copy t from stdin;
1	x
2\.
\.
select * from t;
copy t from stdin;
4	\.x
\.
copy t from stdin;
5	a\\.b
6	a\\\.b
\.
copy t from stdin;
7	\.
\.
select * from t order by a;
show plan_cache_mode;
set plan_cache_mode = force_generic_plan;
set plan_cache_mode = nosuch;
