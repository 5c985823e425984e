CREATE TABLE t (id integer, name text);
INSERT INTO t VALUES (1, 'one'), (2, NULL);
\copy t to 'out.txt'
\! cat out.txt
\copy t from 'out.txt'
SELECT count(*) FROM t;
\copy t to 'out.csv' with (format csv, header)
\! cat out.csv
\copy (select id from t order by id) to stdout
\copy t to program 'cat > out2.txt'
\! cat out2.txt
\copy t from program 'cat out.txt'
\copy t from 'missing.txt'
\copy nowhere to 'x.txt'
\copy
\copy t
\copy nowhere from '/'
create table into_directory (a int);
\copy into_directory from '/'
copy into_directory from '/';
\copy into_directory to '/'
