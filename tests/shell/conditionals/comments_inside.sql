\if false
-- a comment with 'quote
/* a block ' comment */
\echo no
\else
\echo yes -- not a comment
\endif -- trailing words
\echo done
