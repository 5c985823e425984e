-- to_char patterns for times.
select to_char(timestamp '2024-02-09 03:04:05.006', 'YYYY YYY YY Y MM Mon MON mon Month MONTH month');
select to_char(timestamp '2024-02-09 03:04:05.006', 'DD D ID DDD IDDD DY Dy dy Day DAY day W WW IW Q CC J');
select to_char(timestamp '2024-02-09 15:04:05.006789', 'HH HH12 HH24 MI SS MS US SSSS AM PM am pm A.M. a.m.');
select to_char(timestamp '2024-02-09 00:04:05', 'FMHH12:FMMI FMDD FMMonth, FMDay|');
select to_char(timestamp '2024-02-09', 'DDth Dth "quoted DD" \"x'), to_char(date '2024-02-01', 'FMDDth TMMonth RM rm');
select to_char(date '0044-03-15 BC', 'YYYY-MM-DD BC AD bc b.c.'), to_char(date '2024-12-30', 'IYYY-IW-ID');
select to_char(interval '25:06:07.5', 'HH24:MI:SS.MS'), to_char(interval '3 days', 'DD HH24'), to_char(interval '-1 day', 'DD');
select to_char(timestamp 'infinity', 'YYYY'), to_char(null::timestamp, 'YYYY'), to_char(timestamp '2024-01-01', '');
