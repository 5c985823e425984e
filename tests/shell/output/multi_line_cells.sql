SELECT E'first\nsecond' AS a, 1 AS b;
SELECT 1 AS b, E'first\nsecond' AS a;
SELECT E'x\n\ny' AS a, E'p\nq\nr\ns' AS b, 7 AS c;
SELECT E'ends with\n' AS a, E'\n' AS b;
SELECT E'a\nb' AS x UNION ALL SELECT 'c' UNION ALL SELECT E'd\ne\nf';
