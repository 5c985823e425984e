SELECT 1 AS a_column_name_that_is_far_longer_than_its_values, 'x' AS another_long_one;
SELECT 1 AS a2345678901234567890123456789012345678901234567890123456789012345;
SELECT 'a value that is longer than its name' AS v, 2 AS centred_header;
