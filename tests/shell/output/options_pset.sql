-- options: -X -P border=2 -P null=nil -P footer -f
SELECT 1 AS a, NULL AS b;
