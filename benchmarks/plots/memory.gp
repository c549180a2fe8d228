# SPDX-License-Identifier: CC0-1.0
# The bytes that an entry takes beyond its key and its value, by how many there are; what the cache itself takes is shared by them.

set title 'Memory an entry, by how many there are'
set xlabel 'entries'
set ylabel 'bytes'
set logscale x
set format x '10^{%T}'
set xrange [1000:1e6]
set yrange [0:]
set key right bottom

plot figures using 1:2 with linespoints linestyle 1 title 'libcache', \
     figures using 1:3 with linespoints linestyle 2 title 'by hand'
