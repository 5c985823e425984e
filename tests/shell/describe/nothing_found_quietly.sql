-- options: -X -q -f
\d nope
\dt nope
\dv
\echo :ERROR
\unset QUIET
\d nope
\dt nope
\dv
create table wide (n numeric(3,1), v varchar(4));
create table key (i integer primary key);
alter table wide add foreign key (n) references key;
alter table wide add foreign key (v) references key;
