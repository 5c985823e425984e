\x
SELECT '日本語' AS "言語", 'abc' AS latin;
\pset border 2
SELECT '日本語' AS "言語", 'abc' AS latin, '😀' AS emoji;
