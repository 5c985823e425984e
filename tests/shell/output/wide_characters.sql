SELECT '日本語' AS "言語", 'abc' AS latin;
SELECT 'é' AS composed, E'e\u0301' AS combining, 'ß' AS sharp;
SELECT '한국어' AS k, 1 AS n UNION ALL SELECT 'x', 22222;
SELECT E'\u200b' AS zero_width, '😀' AS emoji, 'Ａ' AS full_width;
