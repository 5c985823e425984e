-- POSIX operators and functions.
select 'abc' ~ 'b', 'abc' ~ '^b', 'ABC' ~* 'b', 'abc' !~ 'x', 'ABC' !~* 'b', 'abc' ~ '^a.c$', '' ~ '', 'abc' ~ '';
select 'foo123' ~ '\d+', 'foo' ~ '\d', 'a b' ~ '\s', 'a_1' ~ '^\w+$', 'tab' ~ '[[:alpha:]]+', 'x' ~ '[^[:digit:]]', 'ab12' ~ '^[a-z]{2}[0-9]{2}$';
select 'abc' ~ '(';
select 'abc' ~ '[';
select 'abc' ~ '*a';
select 'abc' ~ 'a{3,1}';
select null ~ 'a', 'a' ~ null;
select regexp_replace('hello world', 'o', '0'), regexp_replace('hello world', 'o', '0', 'g'), regexp_replace('Hello', 'h', 'j', 'i'), regexp_replace('abc', '(b)', '<\1>'), regexp_replace('abc', 'b', '\&\&'), regexp_replace('abc', 'x', 'y');
select regexp_replace('abcabc', 'b', 'X', 1, 2), regexp_replace('abcabc', 'b', 'X', 4), regexp_replace('aaa', 'a', 'b', 1, 0);
select regexp_replace('abc', 'b', 'X', 'q1');
select substring('foobar' from 'o.b'), substring('foobar' from 'o(.)b'), substring('foobar', 'z'), substring('abc' from '(x)?abc');
select regexp_count('abcabc', 'b'), regexp_count('ABC', 'b', 1, 'i'), regexp_instr('abcabc', 'b'), regexp_instr('abcabc', 'b', 1, 2), regexp_substr('abc123', '[0-9]+'), regexp_like('abc', 'B', 'i');
select 'line1
line2' ~ '^line2', 'line1
line2' ~ '(?n)^line2$', 'a.c' ~ 'a\.c', 'aXc' ~ 'a[X]c', 'été' ~ '^\w+$', 'Été' ~* '^é';
select 'aaa' ~ '^(a|b)*$', 'abab' ~ '^(ab)+$', 'ab' ~ 'a|b', 'color' ~ 'colou?r';
select regexp_replace('  trim  ', '^\s+|\s+$', '', 'g'), regexp_replace('2024-01-05', '(\d+)-(\d+)-(\d+)', '\3/\2/\1');
select 1 ~ '1';
create table t (v text);
insert into t values ('apple'), ('banana'), ('cherry'), (null);
select v from t where v ~ '^[ab]' order by v;
select v from t where v !~ 'an' order by v;
select v ~ 'p+', v ~* 'BANANA' from t order by v;
