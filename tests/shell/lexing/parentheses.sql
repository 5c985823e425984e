SELECT (1;
2);
SELECT (1 + (2
* 3)) AS
v;
SELECT 1);
SELECT (1 \echo open
+ 1) AS two;
