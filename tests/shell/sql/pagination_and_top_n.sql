-- LIMIT with ties, offsets and nested orders.
create table p (id int, cat text, price numeric);
insert into p select g, chr(97 + g % 4), (g * 37 % 23) + 0.5 from generate_series(1, 40) g;
select id, price from p order by price desc, id limit 5;
select id, price from p order by price desc, id limit 5 offset 5;
select id, price from p order by price fetch first 3 rows with ties;
select cat, max(price) from p group by cat order by max(price) desc, cat limit 2;
select distinct on (cat) cat, id, price from p order by cat, price desc, id;
select * from (select id, cat, rank() over (partition by cat order by price desc, id) as r from p) s where r <= 2 order by cat, r;
select id from (select id from p order by price limit 10) s order by id limit 3;
select count(*) from (select 1 from p limit 7) s;
select id from p where id > (select id from p order by id offset 35 limit 1) order by id;
select id from p order by cat desc, price, id limit 4;
select id from p order by price is null, price limit 0;
select (select id from p x where x.cat = p.cat order by price desc, id limit 1) as best, cat from p group by cat order by cat;
select id from p order by id desc offset 38;
select id from p offset 40;
