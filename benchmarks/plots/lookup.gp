# SPDX-License-Identifier: CC0-1.0
# A hit costs the same as long as all fits into the caches of the processor, and then what memory costs.

set title 'A hit, by how many entries there are'
set xlabel 'entries'
set ylabel 'ns a look-up'
set logscale x
set format x '10^{%T}'
set yrange [0:]
set key left top

plot figures using 1:2 with linespoints linestyle 1 title 'libcache', \
     figures using 1:3 with linespoints linestyle 2 title 'by hand'
