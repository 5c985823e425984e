-- Several statements on a line and over lines.
select 1; select 2; select 3;
select
1
+
2
;
create table t (a int); insert into t values (1), (2); select * from t order by a; drop table t;
select 'a;b'; select ';' as semi; select $$;$$;
select 1 -- comment ; here
; select /* ; */ 2;
select (1
+ 2); begin; select 3; rollback;
select 1;-- trailing
;;
select 'last'
;
