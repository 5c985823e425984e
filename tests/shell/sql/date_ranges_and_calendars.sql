-- Questions about calendars.
create table visit (id int, at date, mins int);
insert into visit select g, date '2024-01-01' + g * 5, g * 7 % 60 from generate_series(0, 40) g;
select to_char(at, 'YYYY-MM') as month, count(*), sum(mins) from visit group by 1 order by 1;
select extract(dow from at) as dow, count(*) from visit group by 1 order by 1;
select date_trunc('quarter', at)::date as q, min(at), max(at) from visit group by 1 order by 1;
select at from visit where at between '2024-02-01' and '2024-02-29' order by at;
select m::date, count(v.id) from generate_series(date '2024-01-01', date '2024-08-01', interval '1 month') m left join visit v on date_trunc('month', v.at) = m group by m order by m;
select at, at - lag(at) over (order by at) as gap from visit order by at limit 3;
select count(*) from visit where extract(isodow from at) in (6, 7);
select max(at) - min(at) as span, age(max(at), min(at)) from visit;
select id from visit where at + mins * interval '1 minute' > timestamp '2024-07-15' order by id;
select distinct extract(quarter from at) from visit order by 1;
select to_char(at, 'Day') as d, count(*) from visit group by d order by d;
select date '2024-02-28' + 1 = date '2024-02-29', date '2023-02-28' + 1, extract(doy from date '2024-12-31');
