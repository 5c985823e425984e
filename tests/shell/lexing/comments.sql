-- a comment before
SELECT 1 AS a; -- trailing
/* block */ SELECT 2 AS b;
/* nested /* inside */ still */ SELECT 3 AS c;
SELECT /* ; in a comment */ 4 AS d;
SELECT 5 -- ; in a comment
  AS e;
/* over
   several ; lines
*/
SELECT 6 AS f;
-- only a comment at the end
