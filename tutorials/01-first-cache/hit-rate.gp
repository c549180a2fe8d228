# SPDX-License-Identifier: CC0-1.0
# The hit rate against the size of the cache: steep at first where some pages are popular, a straight line where all are alike.

set title 'What a larger cache is worth'
set xlabel 'entries the cache has room for (there are 2000 pages)'
set ylabel 'hit rate'
set xrange [0:2050]
set yrange [0:100]
set format y '%g %%'
set key right bottom

plot figures using 1:2 with linespoints linestyle 1 title 'some pages are popular', \
     figures using 1:3 with linespoints linestyle 2 title 'all are alike'
