# SPDX-License-Identifier: CC0-1.0
# The more gets are on their way at once, the less each costs: their completions share a turn of the main loop.

set title 'An asynchronous get, by how many are on their way'
set xlabel 'at once'
set ylabel 'ns a get'
set logscale xy
set key left bottom

plot figures index 0 using 1:2 with linespoints linestyle 1 title 'hit, libcache', \
     figures index 0 using 1:3 with linespoints linestyle 2 title 'hit, by hand', \
     figures index 1 using 1:2 with linespoints linestyle 3 title 'miss, libcache', \
     figures index 1 using 1:3 with linespoints linestyle 2 linecolor rgb '#888888' title 'miss, by hand'
