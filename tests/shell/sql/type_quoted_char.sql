-- "char" is a byte; what is no character by itself shows in octal and makes no text that is none.
select 'ä'::"char", '\303'::"char", '\303\244'::"char", '\377'::"char", '\400'::"char", '\003'::"char" = E'\003'::"char", ''::"char", '\000'::"char" = ''::"char", '\08'::"char";
select 'ä'::text::"char", '\303'::text::"char", '\303'::varchar::"char", '\000'::text::"char" = '', '\101'::text::"char";
select ('\303'::"char")::text, octet_length(('\303'::"char")::text), ('a'::"char")::text, (''::"char")::text, ('\303'::"char")::varchar(2);
select '\303'::"char" = 'ä'::"char", '\303'::"char" < '\304'::"char", 'a'::"char" < 'b'::"char";
select lpad('a', 10, '\303'::"char"::text), length('\303'::"char"::text), upper('\303'::"char"::text), 'x' || '\303'::"char"::text;
create table qc (c "char" primary key);
insert into qc values ('ä'), ('a'), ('\200'), ('');
insert into qc values ('\303');
copy qc to stdout;
copy qc to stdout csv;
copy qc from stdin;
ö
\.
copy qc from stdin;
\\304
b
\305
\.
copy qc from stdin;
\\304
b
\.
copy qc from stdin csv;
\306
\.
select count(*) from qc;
select c, octet_length(c::text) from qc where c = '\306';
