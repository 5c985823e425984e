-- Unicode in text, identifiers and patterns.
create table "Grüße" ("straße" text, "日本" int);
insert into "Grüße" values ('Ärger', 1), ('ärger', 2), ('Zebra', 3), ('éclair', 4), ('日本', 5), ('😀', 6);
select * from "Grüße" order by "straße";
select upper("straße"), lower("straße"), length("straße"), octet_length("straße") from "Grüße" order by "日本";
select "straße" from "Grüße" where "straße" ilike 'är%' order by 1;
select "straße" from "Grüße" where "straße" like '_日%' or "straße" like '__' order by 1;
select reverse('a😀b'), substr('日本語', 2, 1), position('本' in '日本語'), left('😀😀', 1), lpad('日', 3, '本'), initcap('éa öb');
select U&'\65E5\672C', E'\u65e5\U0001F600', U&'\+01F600';
select 'é' = E'e\u0301', length(E'e\u0301');
select chr(26085), ascii('日');
select max("straße"), min("straße") from "Grüße";
select '日本' || 1, format('%5s|%-5s|', '日', '本');
