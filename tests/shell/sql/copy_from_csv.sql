-- COPY FROM stdin: CSV and its options.
create table t (a int, b text, c text);
copy t from stdin (format csv);
1,plain,x
2,"quoted, comma","dq "" inside"
3,,""
4,"multi
line",z
\.
select a, b, c, b is null as bn, c is null as cn from t order by a;
copy t from stdin csv header;
a,b,c
5,five,v
\.
copy t from stdin with (format csv, delimiter ';', quote '''', escape '\', null 'NIL');
6;'semi;colon';NIL
7;'it\'s';'NIL'
\.
select * from t where a > 4 order by a;
copy t from stdin (format csv, force_null (b), force_not_null (c));
8,"",
\.
select a, b is null, c is null from t where a = 8;
copy t from stdin csv;
9,a
\.
copy t from stdin csv;
9,a,b,c
\.
copy t from stdin csv;
x,a,b
\.
copy t from stdin (format csv, quote 'ab');
copy t from stdin (format csv, delimiter ',', quote ',');
copy t from stdin (quote '"');
copy t from stdin (format csv, escape 'xx');
copy t from stdin (format csv, null 'a"b');
copy t from stdin (format csv, header match);
a,b,x
\.
copy t from stdin (format csv, header match);
a,b,c
10,m,n
\.
copy t from stdin (format csv, header nonsense);
select count(*) from t;
copy t(a) from stdin csv;
 11 
\.
select a from t where a = 11;
