create table ix(a int, b text); create index ix1 on ix(a) where a>0 and b<>'x'; create index ix2 on ix((a+1), lower(b)) where (b is not null); create index ix3 on ix((case when a>0 then 1 end));
select pg_get_indexdef('ix1'::regclass,0,true), pg_get_indexdef('ix1'::regclass,0,false),pg_get_indexdef('ix2'::regclass,0,true),pg_get_indexdef('ix2'::regclass,0,false);
select pg_get_indexdef('ix2'::regclass,1,true), pg_get_indexdef('ix2'::regclass,1,false), pg_get_indexdef('ix3'::regclass,0,true);
select indexdef from pg_indexes where tablename='ix';
\d ix
\d ix2
create index ix4 on ix (b desc, a nulls first) include (a) where a > 1 or b like 'a%';
create unique index ix5 on ix (upper(b || 'x'), (a * 2 + 1) desc nulls last);
\d ix
\d ix5
create table dd(a int default (1+2)*3, b text default 'a'||'b', c int check (c>0 and c<5), d timestamptz default now(), e text default lower('X'), f serial, g date default current_date + 1, h boolean default not true);
select pg_get_expr(adbin,adrelid,true), pg_get_expr(adbin,adrelid) from pg_attrdef where adrelid='dd'::regclass;
\d dd
