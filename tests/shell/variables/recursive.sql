\set inner 5
\set outer 'SELECT :inner AS v'
:outer;
\set stmt 'SELECT 1 AS one'
:stmt;
\set q 'SELECT ''x'' AS quoted'
:q;
\set two 'SELECT 1; SELECT 2'
:two;
