# SPDX-License-Identifier: CC0-1.0
# Queries in each second of five minutes: without jitter a wave every minute, with it a swell that flattens.

set title 'Six hundred pages that were loaded at once'
set xlabel 'seconds since the start'
set ylabel 'queries in a second'
set xrange [0:300]
set yrange [0:450]
set xtics 30
set key outside center top horizontal samplen 3

plot figures using 1:2 with steps linestyle 1 title 'kept for 60 s', \
     figures using 1:3 with steps linestyle 2 dashtype solid title 'kept for 54 to 66 s'
