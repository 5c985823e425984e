-- Words that change nothing or are refused.
create table u (a int) without oids;
create unlogged table v (a int);
select * from w;
