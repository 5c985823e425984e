-- options: -X -a -f
-- Lines longer than what is read and written at once, in and out, whole: sums of what each format prints.
CREATE TABLE long (n int, v text, b bytea);
\copy long (n, v) from program 'for n in 65531 65532 65533 65534 65535 65536 131071 300000; do printf "%s\t" $n; head -c $n /dev/zero | tr "\\000" x; echo; done; printf "0\tlast has no newline"'
SELECT n, length(v), v = repeat('x', n) AS same FROM long ORDER BY n;
UPDATE long SET b = v::bytea;
\copy (SELECT n, v FROM long ORDER BY n) to program 'md5sum'
\copy (SELECT n, v || '"', b FROM long ORDER BY n) to program 'md5sum' (format csv)
\pset footer off
\o |md5sum
\pset format unaligned
SELECT n, v FROM long ORDER BY n;
\o |md5sum
\pset format csv
SELECT n, v || '"' AS v, b FROM long ORDER BY n;
\o |md5sum
\pset format aligned
SELECT n, v || E'\nx\ty' AS v FROM long ORDER BY n;
\o
-- A result that fails shows nothing, in the formats that are printed row by row too.
\pset format unaligned
SELECT 1 / (3 - g) FROM generate_series(1, 5) AS g;
\pset format csv
SELECT 1 / (3 - g) FROM generate_series(1, 5) AS g;
