-- Reports with several aggregates.
create table item (sku text primary key, name text, cost numeric(8,2)); create table stock (sku text references item, place text, qty int, primary key (sku, place)); create table sale (id serial, sku text references item, at timestamp, qty int, price numeric(8,2));
insert into item values ('a1', 'anvil', 12.50), ('b2', 'bolt', 0.10), ('c3', 'cog', 3.00);
insert into stock values ('a1', 'north', 5), ('a1', 'south', 0), ('b2', 'north', 1000);
insert into sale (sku, at, qty, price) values ('a1', '2024-01-01 10:00', 1, 20), ('b2', '2024-01-01 11:00', 100, 0.2), ('b2', '2024-01-02 09:30', 50, 0.25), ('a1', '2024-02-01', 2, 19.99);
select i.sku, i.name, coalesce(sum(s.qty), 0) as stock from item i left join stock s using (sku) group by i.sku order by i.sku;
select sku, sum(qty * price) as revenue, sum(qty * (price - cost)) as profit, round(avg(price), 3) as mean from sale join item using (sku) group by sku order by revenue desc;
select at::date as day, count(*), sum(qty) from sale group by day order by day;
select sku, place, qty, sum(qty) over (partition by sku order by place) as running, round(100.0 * qty / nullif(sum(qty) over (partition by sku), 0), 1) as pct from stock order by sku, place;
select name from item where not exists (select 1 from sale where sale.sku = item.sku);
select name, (select max(at) from sale where sale.sku = item.sku) as last from item order by name;
select sku, case when sum(qty) > 500 then 'plenty' when sum(qty) > 0 then 'some' else 'none' end from stock group by sku order by sku;
select i.name, s1.qty as north, s2.qty as south from item i left join stock s1 on s1.sku = i.sku and s1.place = 'north' left join stock s2 on s2.sku = i.sku and s2.place = 'south' order by i.name;
update stock set qty = stock.qty - s.sold from (select sku, sum(qty) as sold from sale group by sku) s where s.sku = stock.sku and place = 'north' returning stock.*;
insert into stock values ('c3', 'north', 7) on conflict (sku, place) do update set qty = stock.qty + excluded.qty;
insert into stock values ('c3', 'north', 7) on conflict (sku, place) do update set qty = stock.qty + excluded.qty returning qty;
select count(*) filter (where qty > 0) as stocked, count(*) filter (where qty = 0) as empty, min(qty) from stock;
select sku, sum(qty) from stock group by sku having sum(qty) > (select avg(qty) from stock) order by 1;
