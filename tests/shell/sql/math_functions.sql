-- Rounding, roots, logarithms, bit counts.
select round(2.5), round(3.5), round(-2.5), round(2.567, 2), round(1234.567, -2), round(2.5::float8), round(7::int);
select trunc(2.9), trunc(-2.9), trunc(2.567, 1), ceil(2.1), ceil(-2.1), floor(2.9), floor(-2.1), ceiling(1.0);
select abs(-5), abs(-5.5), abs(5::bigint), sign(-3), sign(0), sign(2.5), mod(10, 3), mod(-10, 3), mod(10.5, 3), div(10, 3), div(-10, 3);
select power(2, 3), power(2, 0.5), power(0, 0), sqrt(16), cbrt(27), exp(0), ln(1), log(1000), log(2, 8), log10(100);
select sqrt(-1);
select ln(0);
select log(-1);
select power(-1, 0.5);
select power(0, -1);
select gcd(12, 18), lcm(4, 6), factorial(5), factorial(0), pi(), degrees(1), radians(90);
select factorial(-1);
select width_bucket(3, 0, 10, 5), width_bucket(-1, 0, 10, 5), width_bucket(11, 0, 10, 5), width_bucket(3, 10, 0, 5);
select width_bucket(3, 0, 10, 0);
select width_bucket(3, 1, 1, 5);
select greatest(1, 2, 3), least(1, 2, 3), bit_length('abc'), scale(1.230), min_scale(1.230), trim_scale(1.230);
select random() between 0 and 1, setseed(0.5), random() is not null;
select 5 / 2, 5.0 / 2, 5 / 2.0, 5 % 3, -5 / 2, 5 / -2, 2 ^ 3, 2 ^ 0.5, |/ 25, ||/ 8, @ -4, 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 3, 8 >> 1;
select sin(0), cos(0), tan(0), atan2(1, 1), asin(1), acos(1), sinh(0), cosh(0), tanh(0);
