-- to_char and to_number for numbers.
select to_char(1234.567, '9999.99'), to_char(1234.567, '0000.000'), to_char(-1234.5, '9,999.9'), to_char(0.5, '0.99'), to_char(0.5, '9.99');
select to_char(1234, 'FM9999'), to_char(12, '9999'), to_char(12, '0999'), to_char(12345, '999'), to_char(-5, '9MI'), to_char(5, 'S9'), to_char(-5, '9PR');
select to_char(1234.5, 'L9,999.99'), to_char(0, '9'), to_char(1e10, '9.9EEEE'), to_char(123, 'RN'), to_char(7, '9th'), to_char(1.5, '9V99');
select to_char(1234567.891, '9,999,999.999'), to_char(12.3, '99D99'), to_char(-0.1, '0.0'), to_char(1234, '9G999');
select to_char(123.456::float8, '999.99'), to_char(1::int, '9'), to_char(1::bigint, '9'), to_char('NaN'::numeric, '999');
select to_number('1,234.56', '9,999.99'), to_number('-12.5', 'S99.9'), to_number('  42', '9999'), to_number('12.3-', '99.9S');
select to_number('abc', '999');
select to_char(1.0, '9.'), to_char(100, '"n="999');
