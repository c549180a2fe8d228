#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure, and write what came out into REPORT.md.

    report.py measure [--buildtype TYPE] [--rounds N] [--only TOPIC]... TOPIC=PROGRAM...
    report.py render
    report.py check

`measure` runs the programs, keeps their figures in figures/TOPIC.csv and what can be said of the machine in
figures/machine.json, draws the plots, and renders.  `render` writes the report anew from what was kept, as after a change of
the texts in figures/*.txt.  `check` says whether the report is in step with them.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

from report_text import render

HERE = pathlib.Path(__file__).resolve().parent
FIGURES = HERE / 'figures'
PLOTS = HERE / 'plots'
PLOT_PY = HERE.parent / 'tutorials' / 'plots' / 'plot.py'

# What waits for a disk or for many sides takes longer than the others.
FEWER_ROUNDS = {'redis': 3, 'disk': 5}


# --- the machine ---

def said_by(*command):
    """The first line that a program prints, or nothing where there is no such program."""
    try:
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ''
    return done.stdout.splitlines()[0].strip() if done.stdout else ''


def processor():
    for line in pathlib.Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines():
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return platform.machine()


def system():
    name = re.search(r'^PRETTY_NAME="?([^"\n]*)', pathlib.Path('/etc/os-release').read_text(encoding='utf-8'), re.MULTILINE)
    return name[1] if name else platform.system()


def number_in(text):
    found = re.search(r'\d+(?:\.\d+)+', text)
    return found[0] if found else 'none'


def describe_machine():
    """What somebody needs to know who compares; no name of it, and of the kernel only which one."""
    return {
        'processor': processor(),
        'cores': os.cpu_count(),
        'system': system(),
        'kernel': number_in(platform.release()),
        'compiler': said_by('cc', '--version'),
        'GLib': said_by('pkg-config', '--modversion', 'glib-2.0') or 'none',
        'SQLite': said_by('pkg-config', '--modversion', 'sqlite3') or 'none',
        'hiredis': said_by('pkg-config', '--modversion', 'hiredis') or 'none',
        'Redis': number_in(said_by('redis-server', '--version')),
    }


# --- measuring ---

def measure_topic(topic, program, rounds):
    """Keeps the figures only when all answers were right.  Says the load before and after."""
    kept = FIGURES / f'{topic}.csv'
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder) / 'figures.csv'
        done = subprocess.run([program, '--rounds', str(rounds), '--csv', str(fresh)], check=False)
        if done.returncode == 77:
            print(f'{topic}: skipped, and what is kept of it stays')
            return None
        if done.returncode != 0:
            sys.exit(f'{topic}: {program} failed, so there is no new report')
        shutil.copyfile(fresh, kept)
    return {
        'program': pathlib.Path(program).name,
        'rounds': rounds,
        'load': [round(before, 1), round(os.getloadavg()[0], 1)],
        'date': datetime.date.today().isoformat(),
    }


def measure(arguments):
    kept = FIGURES / 'machine.json'
    record = json.loads(kept.read_text(encoding='utf-8')) if kept.exists() else {'topics': {}}
    record['machine'] = describe_machine()
    for topic, program in (named.split('=', 1) for named in arguments.programs):
        if arguments.only and topic not in arguments.only:
            continue
        print(f'== {topic}', flush=True)
        measured = measure_topic(topic, program, max(1, arguments.rounds // FEWER_ROUNDS.get(topic, 1)))
        if measured:
            record['topics'][topic] = {**measured, 'buildtype': arguments.buildtype}
    kept.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')
    draw()
    write()


# --- plots ---

def curves_of(path):
    """The curves of a topic: for each its name, its sides, and a line for each x."""
    curves = {}
    with path.open(encoding='utf-8', newline='') as file:
        for line in csv.DictReader(file):
            if line['curve']:
                points = curves.setdefault(line['curve'], {})
                points.setdefault(float(line['x']), {})[line['side']] = float(line['median'])
    return curves


def write_curves(topic, curves):
    """As gnuplot reads it: a block a curve, the sides in columns.  What a side did not do is NaN."""
    out = []
    for name, points in curves.items():
        sides = list(dict.fromkeys(side for point in points.values() for side in point))
        out.append('# ' + name + ': x, ' + ', '.join(sides))
        out += [' '.join([f'{x:g}', *(f'{point.get(side, float("nan")):.6g}' for side in sides)])
                for x, point in sorted(points.items())]
        out += ['', '']
    (PLOTS / f'{topic}.dat').write_text('\n'.join(out).rstrip() + '\n', encoding='utf-8')


def draw():
    plots = sorted(path.with_suffix('') for path in PLOTS.glob('*.gp'))
    for plot in plots:
        figures = FIGURES / f'{plot.name}.csv'
        if figures.exists():
            write_curves(plot.name, curves_of(figures))
    if shutil.which('gnuplot') is None:
        print('There is no gnuplot here: the plots are as they were')
        return
    drawn = [str(plot) for plot in plots if plot.with_suffix('.dat').exists()]
    subprocess.run([sys.executable, str(PLOT_PY), 'draw', *drawn], check=True)


# --- the report ---

def write():
    (HERE / 'REPORT.md').write_text(render(HERE), encoding='utf-8')
    print('benchmarks/REPORT.md written')


def check():
    if (HERE / 'REPORT.md').read_text(encoding='utf-8') != render(HERE):
        sys.exit('benchmarks/REPORT.md is not in step with benchmarks/figures: run benchmarks/report.py render')
    print('benchmarks/REPORT.md is in step with its figures')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('command', choices=['measure', 'render', 'check'])
    parser.add_argument('programs', nargs='*', metavar='TOPIC=PROGRAM')
    parser.add_argument('--buildtype', default='release', help='how the programs were built')
    parser.add_argument('--rounds', type=int, default=int(os.environ.get('BENCHMARK_ROUNDS', '61')),
                        help='how many rounds to take the median of')
    parser.add_argument('--only', action='append', default=os.environ.get('BENCHMARK_ONLY', '').split(),
                        help='measure only this topic, and keep the others')
    arguments = parser.parse_intermixed_args()
    if arguments.command == 'measure':
        measure(arguments)
    elif arguments.command == 'render':
        write()
    else:
        check()


main()
