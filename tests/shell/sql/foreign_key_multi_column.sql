-- Keys of several columns, MATCH forms.
create table p (a int, b text, c int, primary key (a, b), unique (c, a));
insert into p values (1, 'x', 10), (1, 'y', 20), (2, 'x', 30);
create table k (id int primary key, a int, b text, foreign key (a, b) references p on delete cascade on update cascade);
insert into k values (1, 1, 'x'), (2, 1, null), (3, null, 'zzz'), (4, 77, null);
insert into k values (5, 1, 'z');
insert into k values (5, 2, 'y');
update p set b = 'xx' where a = 1 and b = 'x';
select * from k order by id;
delete from p where a = 1;
select * from k order by id;
create table f (a int, b text, foreign key (a, b) references p match full);
insert into f values (null, null);
insert into f values (2, null);
insert into f values (2, 'x');
insert into f values (2, 'q');
create table o (x int, y int, foreign key (x, y) references p (c, a));
insert into o values (30, 2);
insert into o values (2, 30);
create table o2 (x int, y int, foreign key (x, y) references p (a, c));
insert into o2 values (2, 30);
delete from p where a = 2;
create table o3 (x int, y int, foreign key (x, y) references p (a, b));
create table o4 (x int, foreign key (x) references p (a));
create table o5 (x int, y text, constraint both foreign key (x, y) references p on delete set null);
\d o
\d p
