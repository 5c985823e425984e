SELECT $$a;b'c"d$$ AS plain;
SELECT $tag$ $$ inner $$ ; $other$ $tag$ AS tagged;
SELECT $$two
lines;$$ AS lines;
SELECT a$b$ FROM (SELECT 1 AS a$b$) AS t;
SELECT $é$x$é$ AS accent;
SELECT $$\echo no$$ AS command;
