-- A line end inside quotes counts as a line once it is known what ends lines, and not before.
CREATE TABLE u(a int, b text, c varchar(3));
COPY u FROM STDIN (FORMAT csv);
3,"a
b",y
x,"b",y
\.
COPY u FROM STDIN (FORMAT csv);
3,"a

b",y
4,"a

b",y
x,"b",y
\.
COPY u FROM STDIN (FORMAT csv);
3,"a
b",y,z
\.
COPY u FROM STDIN (FORMAT csv);
3,"a
b",y
4,"a
b",yuiop
\.
COPY u FROM STDIN (FORMAT csv, HEADER);
a,b,"c
d"
3,"a
b",y
x,b,y
\.
SELECT count(*) FROM u;
