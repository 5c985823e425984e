-- UNIQUE over the same columns in one CREATE TABLE is one index; ALTER TABLE makes as many as it is told to.
create table u1 (a int unique, unique (a), unique (a));
\d u1
create table u2 (a int, b int, unique (a, b), unique (b, a), unique (a, b), constraint nm unique (a, b));
\d u2
create table u3 (a int primary key, unique (a), constraint z unique (a));
\d u3
create table u4 (a int unique unique);
\d u4
create table u5 (a int, constraint x1 unique (a), constraint x2 unique (a));
\d u5
create table u6 (a int, b int, unique (a) include (b), unique (a));
\d u6
alter table u6 add unique (a);
alter table u6 add constraint q1 unique (b), add constraint q2 unique (b);
\d u6
create table u7 (a int primary key, primary key (a));
create table u8 (a int, unique (a), primary key (a));
\d u8
create table u9 (a int unique, b int references u9 (a), constraint k unique (a));
\d u9
insert into u2 values (1, 2), (1, 2);
insert into u3 values (1), (1);
