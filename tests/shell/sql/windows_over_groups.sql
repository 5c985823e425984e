-- Windows over grouped and joined rows.
create table sale (region text, month int, amount numeric);
insert into sale values ('n', 1, 10), ('n', 2, 20), ('n', 3, null), ('s', 1, 5), ('s', 2, 5), ('s', 3, 50), (null, 1, 1);
select region, month, amount, sum(amount) over (partition by region order by month) as running from sale order by region, month;
select region, sum(amount), rank() over (order by sum(amount) desc nulls last) from sale group by region order by region;
select region, month, amount - lag(amount) over (partition by region order by month) as change from sale order by region, month;
select region, month, round(100 * amount / sum(amount) over (partition by region), 1) as pct from sale order by region, month;
select month, avg(amount) over (order by month rows between 1 preceding and current row) from sale where region = 's' order by month;
select region, month, first_value(amount) over w, last_value(amount) over w, count(*) over w from sale window w as (partition by region order by month) order by 1, 2;
select distinct region, max(amount) over (partition by region) from sale order by 1;
select * from (select region, month, row_number() over (partition by region order by amount desc nulls last, month) as r from sale) s where r = 1 order by region;
select month, sum(sum(amount)) over (order by month) from sale group by month order by month;
select region, month, dense_rank() over (order by amount), percent_rank() over (order by amount), cume_dist() over (order by amount), ntile(2) over (order by month, region) from sale where amount is not null order by amount, region, month;
select count(*) over (), count(amount) over (partition by month), month from sale order by month, region limit 3;
select region, string_agg(month::text, ',') over (partition by region order by month) from sale order by region, month;
select sum(amount) over (partition by region order by month desc) from sale order by region, month;
select max(amount) over (order by month range between unbounded preceding and unbounded following) from sale limit 1;
select nth_value(amount, 2) over (partition by region order by month rows between unbounded preceding and unbounded following) from sale order by region, month;
