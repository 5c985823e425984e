;
;;
SELECT 1 AS a;;
 ;
/* comment */;
-- comment
;
SELECT 2 AS b
;
