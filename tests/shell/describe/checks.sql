CREATE TABLE t (a integer CHECK (a > 0 AND a < 10), b text CHECK (length(b) > 2 OR b IS NULL), c integer, CONSTRAINT sum CHECK (a + c * 2 > 5), CHECK (c BETWEEN 1 AND 9));
\d t
