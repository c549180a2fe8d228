# SPDX-License-Identifier: CC0-1.0
# How many look-ups several threads of one cache do together in a second.

set title 'Look-ups by several threads'
set xlabel 'threads'
set ylabel 'million look-ups a second'
set xrange [0.8:4.2]
set xtics 1
set yrange [0:]
set key below

plot figures index 0 using 1:(1e3/$2) with linespoints linestyle 1 title 'libcache, 1k entries', \
     figures index 0 using 1:(1e3/$3) with linespoints linestyle 2 title 'by hand, 1k entries', \
     figures index 1 using 1:(1e3/$2) with linespoints linestyle 3 title 'libcache, 100k entries', \
     figures index 1 using 1:(1e3/$3) with linespoints linestyle 2 linecolor rgb '#888888' title 'by hand, 100k entries'
