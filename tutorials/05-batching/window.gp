# SPDX-License-Identifier: CC0-1.0
# Queries and waiting time against the window: on a busy day the wait falls and rises again, in a quiet night it only rises.

set title 'What a window costs and saves'
set xlabel 'window'
set ylabel 'queries for 2000 requests'
set y2label 'average wait'
set xrange [-1:51]
set yrange [0:2100]
set y2range [10:2000]
set logscale y2
set y2tics nomirror
set border 11
set format x '%g ms'
set format y2 '%g ms'
set key right top

plot figures using 1:2 with linespoints linestyle 3 title 'queries, busy', \
     figures using 1:3 axes x1y2 with linespoints linestyle 1 title 'wait, busy', \
     figures using 1:5 axes x1y2 with linespoints linestyle 2 title 'wait, quiet'
