-- options: -X -1 <
create table t (a int);
insert into t values (1);
table t;
select 1/0;
table t;
