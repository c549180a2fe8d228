# SPDX-License-Identifier: CC0-1.0
# The mean falls with the hit rate from the first entry on; those who wait the longest wait as long as ever, until nearly all pages are in memory.

set title 'Who gains from a cache'
set xlabel 'hit rate'
set ylabel 'waiting, in ms'
set xrange [0:100]
set yrange [0:220]
set format x '%g %%'
set key left bottom

plot figures using 2:5 with linespoints linestyle 2 title 'one in a hundred waits longer', \
     figures using 2:3 with linespoints linestyle 1 title 'the mean'
