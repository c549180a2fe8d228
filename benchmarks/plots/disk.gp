# SPDX-License-Identifier: CC0-1.0
# What a get from the disk costs, by how many are on their way: those that are asked for together share the way to the other thread.

set title 'A get from the disk, by how many are on their way'
set xlabel 'at once'
set ylabel 'µs a get'
set logscale xy
set key right top

plot figures using 1:($2/1e3) with linespoints linestyle 1 title 'through the cache', \
     figures using 1:($3/1e3) with linespoints linestyle 2 title 'SQLite, in the same thread'
