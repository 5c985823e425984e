-- Suggestions that PostgreSQL makes too.
create table person (id int, first_name text, last_name text);
select firstname from person;
select person.lastname from person;
select p.first_nam from person p;
select first_name from person p where person.id = 1;
select id from person where last_nam = 'x';
select zzz from person;
select a.id from person, person b;
