SELECT	nothing;
SELECT	1,	2,	nothing;
	SELECT
		nothing;
SELECT 'é', nothing;
SELECT '日本語', nothing;
SELECT 'é', '日本語', nothing FROM generate_series(1, 2);
