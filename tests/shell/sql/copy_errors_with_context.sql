-- COPY reports line, column and value.
create table t (id int primary key, v varchar(3) not null, n numeric(4,1) check (n >= 0), d date);
copy t from stdin;
1	abc	1.5	2024-01-01
2	abcd	1.5	2024-01-01
\.
copy t from stdin;
1	abc	1.5	2024-13-01
\.
copy t from stdin;
1	abc	12345	2024-01-01
\.
copy t from stdin;
1	\N	1	2024-01-01
\.
copy t from stdin;
1	abc	-1	2024-01-01
\.
copy t from stdin;
1	a	1	2024-01-01
1	b	1	2024-01-01
\.
copy t from stdin;
1	a
\.
copy t from stdin;
1	a	1	2024-01-01	extra
\.
copy t from stdin;

\.
copy t from stdin csv;
x,a,1,2024-01-01
\.
select count(*) from t;
copy t from stdin;
1	a	1	2024-01-01
2	\N\N	2	\N
\.
copy t (id, v) from stdin (delimiter ',');
3,c
\.
select * from t order by id;
