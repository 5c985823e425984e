\pset pager
\pset pager
\pset pager on
\pset pager off
\pset pager always
\pset pager sometimes
\pset pager_min_lines
\pset pager_min_lines 10
\pset pager_min_lines 1
\pset pager 0
