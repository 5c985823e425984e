SELECT 1 AS a;
\echo end