\echo "double" "with ""doubled"" quotes" a"b c"d
\echo 'unterminated
\echo "unterminated
\echo `unterminated
\echo a'b'c "a"'b'
\echo '' [''] ""
