CREATE TABLE t (a serial, b bigserial, c smallserial);
\d t
\ds
\d t_b_seq
\d t_c_seq
DROP TABLE t;
\d
