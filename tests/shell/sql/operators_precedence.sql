-- How expressions group.
select 1 + 2 * 3, (1 + 2) * 3, 2 ^ 3 ^ 2, -2 ^ 2, - 2 ^ 2, 10 - 5 - 2, 100 / 10 / 2, 10 % 4 * 2;
select 1 < 2 and 2 < 3 or false, not false and false, not (false and false), true or true and false;
select 1 = 1 and 'a' = 'a', 1 + 1 = 2, 2 > 1 = true;
select 1 between 0 and 2 and 3 between 2 and 4, 5 not between 1 and 3 or false;
select 'a' || 'b' = 'ab', 'a' || 1 + 1;
select 1 + 1 in (2, 3), not 1 in (2), 1 is null or true, 1 + null is null;
select 'abc' like 'a%' and 'abc' like '%c', not 'abc' like 'x%';
select - 5 + 3, -(5 + 3), + - 5, 3 - - 3;
select 1::text || 2::text, -1::int, (-1)::int, 1 + '2'::int * 3;
select 1 <> 2 is true, (1 = 2) is false, null is null is true;
select 2 * 3 || 'x', 'x' || 2 * 3, 1 || 2 || 'x';
select 5 & 3 + 1, (5 & 3) + 1, 1 << 2 + 1, 1 | 2 # 3;
