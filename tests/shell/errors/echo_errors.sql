-- options: -X -b -f
SELECT 1 AS a;
SELECT nothing
  FROM generate_series(1, 2);
\nosuch
SELECT 2 AS b;
