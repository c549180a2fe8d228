# SPDX-License-Identifier: CC0-1.0
# How all plots of the book look.  A light ground of their own lets them be read on a dark page too.

set terminal svg size 720,400 font 'sans-serif,14' background rgb '#fbfaf6' linewidth 1
set encoding utf8

set border 3 linecolor rgb '#555555'
set tics nomirror out textcolor rgb '#333333'
set grid linecolor rgb '#dddddd' linetype 1
set key textcolor rgb '#222222' samplen 2 spacing 1.2
set title font ',16' textcolor rgb '#111111' noenhanced

# Told apart without colours, too: each with a point or a dash of its own.
set style line 1 linecolor rgb '#0b6e99' linewidth 2.5 pointtype 7 pointsize 0.7
set style line 2 linecolor rgb '#c2410c' linewidth 2.5 pointtype 5 pointsize 0.7 dashtype (10,5)
set style line 3 linecolor rgb '#4d7c0f' linewidth 2.5 pointtype 9 pointsize 0.8 dashtype (3,4)
