#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Draw the plots of the book, or check that each is in step with its figures.

    tutorials/plots/plot.py draw|check PLOT...

A PLOT is a path without ending: PLOT.gp, a gnuplot script, draws PLOT.svg from the
figures in PLOT.dat, which a program prints.  Every SVG carries the digests of what it
was drawn from; so checking needs no gnuplot.
"""
import hashlib
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

STYLE = pathlib.Path(__file__).resolve().parent / 'style.gp'


def sources(plot):
    return [plot.with_suffix('.dat'), plot.with_suffix('.gp'), STYLE]


def mark(plot):
    """The line that says what a plot was drawn from."""
    digests = [f'{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}' for path in sources(plot)]
    return '<!-- Drawn from: ' + ', '.join(digests) + ' -->\n'


def caption(plot):
    """The first line of prose in the script, which says what is to be seen."""
    for line in plot.with_suffix('.gp').read_text(encoding='utf-8').splitlines():
        prose = re.match(r'#\s*(?!SPDX)(\S.*)', line)
        if prose:
            return prose[1]
    sys.exit(f'{plot}.gp: no comment that says what the plot shows')


def draw(plot):
    dat, gp, style = sources(plot)
    done = subprocess.run(['gnuplot', '-e', f'figures = "{dat}"', str(style), str(gp)], check=False,
                          stdout=subprocess.PIPE, text=True, encoding='utf-8')
    if done.returncode != 0:
        sys.exit(f'{gp}: gnuplot failed')
    # What differs from one version of gnuplot to the next is of no use to anybody.
    svg = re.sub(r'<desc>.*?</desc>\n*', '', done.stdout, flags=re.DOTALL)
    svg = re.sub(r'<title>.*?</title>', lambda _: f'<title>{caption(plot)}</title>', svg, count=1, flags=re.DOTALL)
    svg = re.sub(r'(<svg\b)', lambda tag: mark(plot) + tag[1], svg, count=1)
    svg = ''.join(line.rstrip() + '\n' for line in svg.splitlines())
    plot.with_suffix('.svg').write_text(svg, encoding='utf-8')
    print(f'{plot.name}.svg drawn')


def check(plot):
    """Says what is wrong, or nothing."""
    svg = plot.with_suffix('.svg')
    try:
        text = svg.read_text(encoding='utf-8')
        xml.etree.ElementTree.fromstring(text)
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        return f'{svg}: {error}'
    if mark(plot) not in text:
        return f'{svg} was drawn from other figures or by another script: meson compile -C build plots'
    return None


def main():
    command, *plots = sys.argv[1:] or ['']
    plots = [pathlib.Path(plot) for plot in plots]
    if command not in ('draw', 'check') or not plots:
        sys.exit(__doc__)

    if command == 'draw':
        for plot in plots:
            draw(plot)
        return

    wrong = [said for plot in plots if (said := check(plot))]
    print(*wrong, f'{len(plots)} plots checked, {len(wrong)} wrong', sep='\n')
    sys.exit(1 if wrong else 0)


main()
