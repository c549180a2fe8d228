# SPDX-License-Identifier: CC0-1.0
# What each of a herd pays: the load is shared, and the more callers share it the less it matters.

set title 'A herd, by how many callers'
set xlabel 'callers of one missing key'
set ylabel 'ns a caller'
set logscale xy
set key right top

plot figures using 1:($2/$1) with linespoints linestyle 1 title 'libcache', \
     figures using 1:($3/$1) with linespoints linestyle 2 title 'by hand'
