-- Comments, strings and numbers as the lexer reads them.
select 1 -- comment
, 2;
select /* block */ 1, /* nested /* inner */ outer */ 2;
select 1 /* multi
line */ + 1;
select '--not a comment', '/* nor this */';
select 'adjacent '
'strings';
select 'not' 'adjacent';
select E'a\tb\\c\'d', E'\101\x42', E'\u00e9\U0001F600', E'\q';
select 'back\slash', e'lower\n';
select N'national';
select 1.5e3, 1e-3, .5, 1., 0.0, 00012, 1e+2, 12345678901234567890;
select 1e;
select 1.2.3;
select 0x1F;
select 1_000;
select 1..2;
select 5 -- then
;
select 'unterminated
;
';
select 1;;
;
select - - 1, + 1, 1 - -1, 2*-3, -2^2, 2^3^2, -2 ^ 2, 5 - 3 - 1, 2 + 3 * 4, (2 + 3) * 4, 7 / 2 * 2, not true or true, 1 < 2 = true;
select 1 = 1 = true;
select 1 < 2 < 3;
select 1 + 2 || 'x', 'x' || 1 + 2;
select true and false or true, not false and false, 1 between 0 and 2 and true;
select 2 > 1 is true, 'a' || 'b' like 'ab', 1 + 1 in (2), - 5 % 3, 2 * 3 % 4;
select 10 !=5, 10<>5, 3>=3, 3<=2;
select 3 =< 2;
select 1 +* 2;
select @ -3, |/ 4.0, 5 # 1, ~ 1;
select 'a' 'b';
select "unterminated;
";
