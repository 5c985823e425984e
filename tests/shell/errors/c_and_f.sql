-- options: -X -c "SELECT 0 AS zero" -f c_and_f.sql -c "SELECT 9 AS nine" -f c_and_f.sql
SELECT 5 AS five;
SELECT nothing;
