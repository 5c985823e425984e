SELECT n, n % 7 AS mod, repeat('*', n % 5) AS stars FROM generate_series(1, 120) AS n;
