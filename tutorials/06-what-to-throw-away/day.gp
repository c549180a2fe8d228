# SPDX-License-Identifier: CC0-1.0
# The hit rate of a day against the size of the cache: S3-FIFO is ahead while the cache is small, and both meet where everything fits in.

set title 'A day with two visits of a robot'
set xlabel 'entries the cache has room for (there are 2000 pages)'
set ylabel 'hit rate of the readers'
set xrange [0:2050]
set yrange [0:100]
set format y '%g %%'
set key right bottom

plot figures using 1:3 with linespoints linestyle 1 title 'S3-FIFO', \
     figures using 1:2 with linespoints linestyle 2 title 'least recently used'
