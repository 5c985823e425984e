-- Escapes of COPY's text format make bytes; what they make must be text. Nothing else lets other bytes in.
CREATE TABLE u(a int, b text, c varchar(3));
COPY u FROM STDIN;
1	x	y
2	a\x80b	y
\.
COPY u FROM STDIN;
2	y	\xff
\.
COPY u FROM STDIN;
2	\303	\xff
\.
COPY u FROM STDIN;
2	\360	z
\.
COPY u FROM STDIN;
2	\360\237\230	z
\.
COPY u FROM STDIN;
2	a\000b	z
\.
COPY u FROM STDIN;
2	a\x0	z
\.
COPY u FROM STDIN;
2	\xed\xa0\x80	z
\.
COPY u FROM STDIN;
2	\xc0\xaf	z
\.
COPY u FROM STDIN;
2\x80	x	z
\.
COPY u FROM STDIN;
1	\777	z
\.
COPY u (b) FROM STDIN (NULL '\x80');
\x80
\.
COPY u FROM STDIN;
2	\xc3\xa4	\303\266
3	\360\237\230\200	\101\x42
\.
COPY u FROM STDIN (FORMAT csv);
4,a\x80b,"\0"
\.
SELECT a, b, length(b), c FROM u ORDER BY a NULLS FIRST;
SELECT lpad('a', 10, b), rpad('a', 10, b) FROM u ORDER BY a NULLS FIRST;
SELECT chr(0);
SELECT chr(128) = E'\u0080', length(chr(255)), chr(55296);
SELECT chr(1114112);
SELECT E'\x80';
SELECT E'\000';
SELECT E'\400';
SELECT E'\303';
SELECT E'\303\244';
SELECT E'a\x00';
SELECT E'\ud800';
SELECT E'\u0000';
SELECT E'\ud800\udc00' = U&'\+010000';
SELECT E'\U00110000';
SELECT U&'\0000';
SELECT U&'\d800';
SELECT U&'\+110000';
SELECT 1 AS U&"\0000";
SELECT U&'\D800\DC00';
SELECT encode('\x80', 'escape'), encode('\x00', 'escape');
SELECT '\x80'::bytea::text, cast('\x00' AS bytea);
-- Files with such bytes as they are.
TRUNCATE u;
\! printf '1\t\200\tx\n' > t.txt
\! printf 'a,b\200,c\n1,2,3\n' > h.csv
\! printf '1,"\200",c\n' > q.csv
\copy u from t.txt
\copy u from h.csv (format csv, header)
\copy u from h.csv (format csv, header match)
\copy u from q.csv csv
SELECT * FROM u;
