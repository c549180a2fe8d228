# SPDX-License-Identifier: CC0-1.0
# Queries and the longest wait against the readers who come at once: when each asks both grow with them, with one load neither does.

set multiplot layout 1,2 title 'Readers who come at once' font ',16' textcolor rgb '#111111'
set logscale xy
set xrange [1:1000]
set xlabel 'readers'
set xtics (1, 10, 100, 1000)
set key left top

set ylabel 'queries'
set yrange [0.7:2000]
set ytics (1, 10, 100, 1000)
plot figures using 1:2 with linespoints linestyle 2 title 'each asks', \
     figures using 1:4 with linespoints linestyle 1 title 'one load'

set ylabel 'the last one waits, in seconds'
set yrange [0.1:200]
set ytics (0.1, 1, 10, 100)
plot figures using 1:3 with linespoints linestyle 2 title 'each asks', \
     figures using 1:5 with linespoints linestyle 1 title 'one load'

unset multiplot
