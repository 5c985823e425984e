-- Words that change nothing or are refused.
create table u (a int) without oids;
select * from w;
