-- What COPY writes it reads back.
create table t (a int, b text, c numeric, d timestamp, e bool, f float8);
insert into t values (1, E'tab\there', 1.50, '2024-01-01 12:00', true, 0.1), (2, E'nl\nhere', null, null, false, 1e100), (3, 'back\slash', 0, 'infinity', null, 'NaN'), (4, '', -1, '0044-03-15 BC', true, '-Infinity'), (5, '\N', 1e20, null, null, null), (6, 'quote " comma , semi ;', 1, null, null, null);
copy t to stdout;
copy t to stdout csv;
copy t to stdout csv header;
create table u (a int, b text, c numeric, d timestamp, e bool, f float8);
copy u from stdin;
1	tab\there	1.50	2024-01-01 12:00:00	t	0.1
2	nl\nhere	\N	\N	f	1e+100
3	back\\slash	0	infinity	\N	NaN
4		-1	0044-03-15 00:00:00 BC	t	-Infinity
5	\\N	100000000000000000000	\N	\N	\N
\.
select * from t where a < 6 except select * from u;
truncate u;
copy u from stdin csv;
1,"tab	here",1.50,2024-01-01 12:00:00,t,0.1
2,"nl
here",,,f,1e+100
4,"",-1,0044-03-15 00:00:00 BC,t,-Infinity
\.
select a, b, b is null as bn, c, d from u order by a;
copy (select b from t order by a) to stdout csv;
copy (select a, b from t order by a desc limit 2) to stdout with (format csv, header, delimiter ';');
