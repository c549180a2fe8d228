# SPDX-License-Identifier: CC0-1.0
# What a get costs, by how many are in flight: 100 bytes from a server on the same machine, through a Unix socket.

set title 'A get from Redis, by how many are in flight'
set xlabel 'in flight'
set ylabel 'µs a get'
set logscale xy
set xrange [1:1100]
set key right top

plot figures index 0 using 1:($2/1e3) with linespoints linestyle 1 title 'through the cache', \
     figures index 0 using 1:($3/1e3) with linespoints linestyle 2 title 'hiredis', \
     figures index 0 using 1:($4/1e3) with linespoints linestyle 3 title 'the backend', \
     figures index 0 using 1:($5/1e3) with linespoints linestyle 2 linecolor rgb '#888888' title 'a bare socket'
