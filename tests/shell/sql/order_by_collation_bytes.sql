-- Text sorts by bytes.
create table w (v text);
insert into w values ('banana'), ('Apple'), ('apple'), ('Banana'), ('_x'), ('1'), ('10'), ('2'), (''), (' a'), ('ä'), ('z'), ('Ä'), ('~'), (null);
select v from w order by v;
select v from w order by v desc nulls last limit 3;
select v from w order by lower(v), v;
select v from w order by v collate "C" limit 3;
select v from w order by v collate "POSIX" limit 2;
select 'a' < 'B', 'a' < 'b', 'Z' < 'a', 'ä' > 'z', '10' < '2', '' < ' ';
select max(v), min(v) from w;
select v from w where v between 'a' and 'c' order by v;
select v from w where v > 'z' order by v;
create index on w (v);
select v from w where v >= 'a' and v < 'b' order by v;
select 'a' collate "C" < 'B' collate "C";
