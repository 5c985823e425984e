-- What would be too long is refused before the memory for it is taken.
SELECT format('%2147483647s', 'x');
SELECT format('%-2147483647s', 'x');
SELECT format('%*s', 2147483647, 'x');
SELECT format('%*s', -2147483647, 'x');
SELECT format('%*s', -2147483648, 'x');
SELECT format('ab%1073741822s', 'x');
SELECT format('%2147483648s', 'x');
SELECT format('[%5s|%-5s|%*s|%-*s|%*s]', 'ab', 'ab', 5, 'ab', 5, 'ab', -5, 'ab');
SELECT lpad('a', 2147483647, 'x');
SELECT rpad('a', 1073741823, 'x');
SELECT repeat('abc', 2147483647);
SELECT repeat('abc', 400000000);
