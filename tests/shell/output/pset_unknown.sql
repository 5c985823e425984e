\pset nonsense
\pset nonsense 1
\pset bordering 2
\pset expanded nonsense
\pset tuples_only nonsense
\pset footer nonsense
\pset columns abc
\pset columns
