CREATE TABLE t (id integer PRIMARY KEY, name text NOT NULL DEFAULT 'x', price numeric(8,2), born date, at timestamp with time zone DEFAULT now(), ok boolean DEFAULT true, code varchar(10), fixed char(4), big bigint, small smallint, r real, d double precision, span interval);
\d t
