\pset format wrapped
\pset columns 25
SELECT E'short\nlonger than that one\nx' AS a, 'pack my box with five dozen liquor jugs' AS b;
\pset linestyle unicode
SELECT E'short\nlonger than that one\nx' AS a, 'pack my box with five dozen liquor jugs' AS b;
\pset linestyle old-ascii
SELECT E'short\nlonger than that one\nx' AS a, 'pack my box with five dozen liquor jugs' AS b;
