-- COPY FROM stdin: text format.
create table t (a int, b text, c numeric);
copy t from stdin;
1	one	1.5
2	\N	\N
3	tab\there\nnl \\ back \x41\102	3
\.
copy t (b, a) from stdin;
bee	10
\.
select * from t order by a;
copy t from stdin;
1	too	few	many
\.
copy t from stdin;
5	five
\.
copy t from stdin;
x	five	1
\.
copy t from stdin;
7	seven	1
8	eight	abc
\.
select count(*) from t;
copy t from stdin with (delimiter '|', null 'NULL');
20|pipe|NULL
21|NULL|2
\.
copy t from stdin delimiter ',' null 'nil';
30,x,nil
\.
select * from t where a >= 20 order by a;
copy t (nosuch) from stdin;
copy nosuch from stdin;
copy t (a, a) from stdin;
copy t from stdin with (format nosuch);
copy t from stdin with (nosuch 1);
copy t from stdin with (delimiter 'ab');
copy t from stdin with (delimiter '|', delimiter ',');
copy t from stdin with (format text, header);
a	b	c
90	h	1
\.
create table k (id int primary key, v text not null check (v <> 'bad'));
copy k from stdin;
1	a
1	b
\.
copy k from stdin;
1	a
2	\N
\.
copy k from stdin;
1	a
2	bad
\.
copy k from stdin;
1	trailing\
newline
\.
select * from k;
copy t from stdin where a > 100;
99	no	1
101	yes	2
\.
select * from t where a > 90 order by a;
copy t from stdin;
99999999999	big	1
\.
copy (select 1) from stdin;
