-- options: -X -a <
DROP TABLE IF EXISTS nowhere;
SELECT nothing;
\nosuch
\echo done
COMMIT;
