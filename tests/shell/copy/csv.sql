CREATE TABLE t (id integer, name text);
COPY t FROM STDIN (FORMAT csv);
1,one
2,"two, three"
3,
4,""
5,"say ""hi"""
\.
SELECT id, name, name IS NULL AS is_null FROM t;
COPY t FROM STDIN WITH (FORMAT csv, HEADER true, DELIMITER ';', NULL 'nil');
id;name
6;nil
\.
COPY t TO STDOUT WITH (FORMAT csv, FORCE_QUOTE (name));
