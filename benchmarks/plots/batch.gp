# SPDX-License-Identifier: CC0-1.0
# What each key of a batch costs: the question is shared.

set title 'A batch, by how many keys'
set xlabel 'keys'
set ylabel 'ns a key'
set logscale xy
set key right top

plot figures using 1:($2/$1) with linespoints linestyle 1 title 'libcache', \
     figures using 1:($3/$1) with linespoints linestyle 2 title 'by hand'
