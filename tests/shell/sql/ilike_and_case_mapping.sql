-- Case mapping by Unicode.
select upper('abcäöüß'), lower('ABCÄÖÜ'), initcap('ärger über ÖL'), upper('éèê'), lower('ÉÈÊ'), upper('ñ'), lower('Ñ');
select upper('αβγ'), lower('ΑΒΓ'), upper('привет'), lower('ПРИВЕТ'), upper('ÿ'), lower('Ÿ'), upper('ı'), lower('I');
select 'ÄPFEL' ilike 'äpfel', 'ПРИВЕТ' ilike 'при%', 'straße' ilike 'STRASSE', 'É' ilike 'é', 'É' like 'é', 'É' ~* 'é';
select initcap('o''neill mc-donald x2y'), initcap('ABC_def'), initcap('');
select upper(null), lower(''), upper('123!?');
create table w (v text);
insert into w values ('Äther'), ('äther'), ('ATHER'), ('Zäh');
select v from w where lower(v) = 'äther' order by v;
select v from w where v ilike '%äh' order by v;
create unique index on w (lower(v));
delete from w where v = 'äther';
create unique index on w (lower(v));
insert into w values ('ÄTHER');
