-- BYTEA: hex and escape.
select '\x00ff'::bytea, 'abc'::bytea, '\\'::bytea, E'\\000\\377'::bytea;
select '\x0'::bytea;
select '\xgg'::bytea;
select length('\x0102'::bytea), '\x01'::bytea || '\x02'::bytea, '\x01'::bytea < '\x02'::bytea, '\x0102'::bytea = '\x0102'::bytea;
select encode('\x616263', 'hex'), encode('\x616263', 'base64'), encode('\x610062', 'escape'), decode('616263', 'hex'), decode('YWJj', 'base64');
select decode('xx', 'hex');
select encode('\x61', 'nosuch');
create table b (v bytea primary key);
insert into b values ('\x01'), ('abc'), ('');
select * from b order by v;
insert into b values ('\x01');
select md5('\x616263'::bytea), substring('\x010203'::bytea from 2 for 1), octet_length('\x0102'::bytea);
