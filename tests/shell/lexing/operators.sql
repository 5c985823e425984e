SELECT 1 +-- comment
2 AS a;
SELECT 5 /2 AS b, 5 -3 AS c, 2*-1 AS d;
SELECT 1<2 AS lt, 2>=1 AS ge, 1<>2 AS ne, 1!=2 AS bang;
SELECT 'a'||'b' AS cat, 7%3 AS mod;
SELECT 1::integer::text||'x' AS casts;
