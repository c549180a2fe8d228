# SPDX-License-Identifier: CC0-1.0
# What it costs to set a new key and throw another out, by how many there are.

set title 'A set that evicts, by how many entries there are'
set xlabel 'entries'
set ylabel 'ns a set'
set logscale x
set yrange [0:]
set key left top

plot figures using 1:2 with linespoints linestyle 1 title 'libcache', \
     figures using 1:3 with linespoints linestyle 2 title 'by hand'
