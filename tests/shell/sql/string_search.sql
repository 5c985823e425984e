-- position, replace, split, translate over odd input.
select position('b' in 'abc'), position('' in 'abc'), position('x' in 'abc'), position('é' in 'café'), strpos('hello', 'l');
select replace('abcabc', 'b', ''), replace('abc', '', 'x'), replace('aaa', 'aa', 'b'), translate('abc', 'ab', 'x'), translate('abc', '', 'x');
select split_part('a,b,c', ',', 1), split_part('a,b,c', ',', 4), split_part('a,b,c', '', 1), split_part('', ',', 1), split_part('a||b', '||', 2);
select substr('hello', 2), substr('hello', 2, 3), substr('hello', -1, 3), substr('hello', 10), substring('hello', 1, 0);
select substr('hello', 1, -1);
select left('héllo', 2), right('héllo', 4), left('abc', -1), right('abc', -5), reverse('héllo'), repeat('x', 0), repeat('é', 3);
select lpad('é', 3, 'xy'), rpad('é', 3, 'xy'), lpad('abc', 2), lpad('a', 5, ''), lpad('', 2, 'z');
select initcap('HELLO world-foo_bar 1st'), upper('ß'), lower('İ'), upper('éà'), initcap('élan vital');
select overlay('abcdef' placing 'XX' from 3), overlay('abcdef' placing 'X' from 3 for 0), overlay('abc' placing 'X' from 10);
select trim('xxabcxx', 'x'), trim(both from '  a '), ltrim('xyxa', 'xy'), rtrim('axyx', 'xy'), btrim('', 'x'), trim(leading 'ab' from 'abac');
select ascii('é'), chr(233), chr(128512), ascii('');
select chr(1114112);
select concat_ws('-', 1, null, 'x', true), concat('a', 1.50, null), format('%s=%L', 'k', 'v''s'), quote_literal(null), quote_nullable('a');
select string_agg(x, ', ' order by x) from (values ('b'), ('a')) v (x);
select length(E'a\nb'), char_length(''), octet_length('é'), bit_length('é');
