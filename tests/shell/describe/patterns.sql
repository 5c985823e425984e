CREATE TABLE apple (id integer);
CREATE TABLE apricot (id integer);
CREATE TABLE banana (id integer);
CREATE TABLE "Mixed" (id integer);
\dt ap*
\dt b*an*
\dt a?ple
\dt public.b*
\dt "Mixed"
\dt Mixed
\dt public.*
\d ap*
