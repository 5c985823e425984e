\x
SELECT 1 AS a_name_that_is_longer_than_the_record_label, 2 AS b;
SELECT 1 AS a, repeat('wide ', 12) AS b;
\pset border 2
SELECT 1 AS a_name_that_is_longer_than_the_record_label, 2 AS b;
\pset border 0
SELECT 1 AS a_name_that_is_longer_than_the_record_label, 2 AS b;
