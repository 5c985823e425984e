SELECT 1

  AS a,


  'x

y' AS b;


SELECT 2 AS c;
