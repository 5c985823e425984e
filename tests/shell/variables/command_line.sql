-- options: -X -v one=1 -v "two=a b" --set=three=x --variable four= -v gone -f
\echo :one :two :three [:four] :gone
SELECT :'two' AS two;
