SELECT 'a;b' AS "c;d", 'it''s' AS q, "x""y" FROM (SELECT 1 AS "x""y") AS t;
SELECT 'back\slash' AS plain, E'tab\\t' AS escaped, E'quote\'s' AS q;
SELECT 'over
two lines; still' AS lines;
SELECT '-- no comment' AS a, '/* nor this */' AS b, '\echo no' AS c;
SELECT 'concat'
  'enated' AS joined;
