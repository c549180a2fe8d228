# SPDX-License-Identifier: CC0-1.0
# Queries an hour and readers who are told an old price, against the time to live: the one falls quickly, the other rises slowly at first.

set title 'A price that changes every ten minutes or so'
set xlabel 'time to live, in seconds'
set ylabel 'queries an hour'
set y2label 'told an old price'
set logscale x
set xrange [1:3600]
set xtics (1, 2, 5, 10, 20, 60, 120, 300, 600, 3600)
set yrange [0:2000]
set ytics 500
set y2range [0:100]
set y2tics 0,25,100 format '%g %%' textcolor rgb '#333333'
set border 11
set key outside center top horizontal samplen 3

plot figures using 1:2 with linespoints linestyle 1 title 'queries an hour (left)', \
     figures using 1:3 axes x1y2 with linespoints linestyle 2 title 'told an old price (right)'
