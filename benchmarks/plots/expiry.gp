# SPDX-License-Identifier: CC0-1.0
# For how long the main loop stands still when so many entries expire together: by hand as long as they are many, with libcache a slice of them.

set title 'The longest turn of the main loop, by how many entries expire'
set xlabel 'entries that expire'
set ylabel 'µs'
set logscale xy
set format x '10^{%T}'
set xrange [1000:1e6]
set format y '%g'
set key left top

plot figures using 1:2 with linespoints linestyle 1 title 'libcache', \
     figures using 1:3 with linespoints linestyle 2 title 'by hand'
