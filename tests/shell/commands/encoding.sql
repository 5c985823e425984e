\encoding
\encoding UTF8
\encoding utf-8
\encoding
\encoding nonsense
