SELECT 12345678901234567890123456789012345678901234567890::numeric AS big, 0.00000000000000000001::numeric AS small;
SELECT 1e300::double precision AS d, 'NaN'::double precision AS nan, '-Infinity'::double precision AS inf, 1e-7::real AS r;
SELECT 'NaN'::numeric AS n, 0.1::real + 0.2::real AS s, 0.1::double precision + 0.2::double precision AS s2;
