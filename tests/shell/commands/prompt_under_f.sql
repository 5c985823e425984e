\prompt name
\echo [:name]
