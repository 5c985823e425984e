SELECT nothing;
SELECT 1 + nothing FROM generate_series(1, 3);
SELECT
  1,
  nothing,
  2;
SELECT * FROM missing_table;
SELECT 1 FROM
