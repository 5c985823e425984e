-- A byte order mark in data is data; a line that ends wrongly is not shown; data for a view is no SQL.
create table t (a text, b text);
insert into t values (e'\ufeffmark', 'x'), ('plain', e'\ufeff');
\copy t to 'marked.txt'
\copy t from 'marked.txt'
\copy t from 'marked.txt' csv delimiter E'\t'
select octet_length(a), octet_length(b), count(*) from t group by 1, 2 order by 1, 2;
\! printf 'a,b\n1,2\r\n3,4\r\n' > mixed.csv
\copy t from 'mixed.csv' csv
\! printf 'a\tb\r\n1\t2\n' > mixed.txt
\copy t from 'mixed.txt'
\! printf 'a\tb\n1\t2\r' > mixed.txt
\copy t from 'mixed.txt'
create view v as select * from t;
copy v from stdin;
drop	table
\.
create sequence s;
copy s from stdin;
1	2
\.
copy v (a) from stdin csv;
select 1;
\.
select count(*) from t;
