CREATE TABLE t (id integer PRIMARY KEY, name text, price numeric(8,2), code varchar(5), fixed char(2), at timestamp DEFAULT now(), n bigint CHECK (n > 0 AND n < 100));
\d+ t
\pset border 2
\d+ t
