\pset
\pset border 2
\pset null 'it''s'
\pset recordsep '\n'
\pset title 'My title'
\pset tableattr 'a=b'
\pset columns 80
\x auto
\t
\pset
