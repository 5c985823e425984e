SELECT E'a\tb' AS tab, E'c\rd' AS "return", E'\x01\x02\x1f' AS low, E'\x7f' AS del, E'\x1b[31m' AS escape;
SELECT E'1234567\tx' AS a, E'12345678\tx' AS b, E'\t' AS c;
\x
SELECT E'a\tb' AS tab, E'c\rd' AS "return", E'\b\f\v' AS others;
\x
\a
SELECT E'a\tb' AS tab, E'c\rd' AS "return", E'\x01' AS low;
