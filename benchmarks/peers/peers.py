#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measure caches in other languages beside libcache, in rounds, and keep what came out for the report.

    benchmarks/peers/peers.py BUILD [--rounds N] [--folder FOLDER] [--python PYTHON] [--smoke]

BUILD is a build folder with the benchmarks.  Needs node with npm, and a Python with cachetools and diskcache.  The packages of
npm go into FOLDER, which is a temporary one unless it is given.
"""
import argparse
import csv
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIGURES = HERE.parent / 'figures' / 'peers.csv'
MACHINE = HERE.parent / 'figures' / 'machine.json'

# Which keys, of how many digits, and how many draws of them.
WORKLOADS = {'1000': (1000, 6, 1 << 18), '2000': (2000, 6, 1), '100000': (100000, 6, 1 << 18), 'disk': (10000, 7, 1)}

# Which program of libcache does what.
PROGRAMS = {
    'lookup-benchmark': ['hit, 1k entries, Zipf', 'hit, 100k entries, Zipf'],
    'eviction-benchmark': ['set, evicting, 1k'],
    'get-benchmark': ['asynchronous hit, 100 at once, each'],
    'herd-benchmark': ['herd, 100 callers of one missing key, all'],
    'batch-benchmark': ['batch of 100 keys'],
    'disk-benchmark': ['get, 100 B, one at a time', '100 stores, none durable yet, 100 B, each'],
}


def run_libcache(build, folder):
    """What libcache takes for each, and what the program compares it with in C."""
    for program, rows in PROGRAMS.items():
        figures = folder / 'figures.csv'
        path = build / 'benchmarks' / program
        if not path.exists():
            continue
        subprocess.run([path, '--rounds', '5', '--csv', figures, *rows], check=True, stdout=subprocess.DEVNULL)
        with figures.open(encoding='utf-8', newline='') as file:
            for line in csv.DictReader(file):
                if line['row'] in rows:
                    side = 'libcache' if line['side'] == 'libcache' else 'C by hand'
                    yield line['row'], side, float(line['median'])


def run_peer(*command):
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        said = json.loads(line)
        yield said['row'], said['side'], said['ns']


def prepare(build, folder):
    for name, (keys, digits, draws) in WORKLOADS.items():
        subprocess.run([build / 'benchmarks' / 'write-workload', *map(str, (keys, digits, draws)), folder / name], check=True)
    for name in ('package.json', 'peers.mjs'):
        shutil.copy(HERE / name, folder)
    if not (folder / 'node_modules').exists():
        subprocess.run(['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts'], cwd=folder, check=True)


def one_round(build, folder, python):
    took = {}
    for said in (run_libcache(build, folder), run_peer('node', folder / 'peers.mjs', folder),
                 run_peer(python, HERE / 'peers_in_python.py', folder)):
        for row, side, ns in said:
            took[row, side] = ns
    return took


def write(rounds):
    """A line for each: the ratio is that to libcache, of the same round."""
    with FIGURES.open('w', encoding='utf-8', newline='') as file:
        lines = csv.writer(file, lineterminator='\n')
        lines.writerow(['row', 'side', 'unit', 'median', 'ratio'])
        for row in dict.fromkeys(row for row, _ in rounds[0]):
            for side in (side for other, side in rounds[0] if other == row):
                times = [took[row, side] for took in rounds]
                ratios = [took[row, side] / took[row, 'libcache'] for took in rounds]
                lines.writerow([row, side, 'ns', f'{statistics.median(times):.4g}', f'{statistics.median(ratios):.3f}'])


def version_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def conditions(python, rounds, load):
    """What somebody needs to know who compares."""
    packages = json.loads((HERE / 'package.json').read_text(encoding='utf-8'))['dependencies']
    for name in ('cachetools', 'diskcache'):
        packages[name] = version_of(python, '-c', f'import importlib.metadata; print(importlib.metadata.version({name!r}))')
    return {
        'rounds': rounds,
        'load': [round(load, 1), round(os.getloadavg()[0], 1)],
        'date': datetime.date.today().isoformat(),
        'versions': {'node': version_of('node', '--version').lstrip('v'),
                     'Python': version_of(python, '-c', 'import platform; print(platform.python_version())'), **packages},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('build', type=pathlib.Path)
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('--folder', type=pathlib.Path, help='where the packages of npm are kept')
    parser.add_argument('--python', default=sys.executable, help='one that has cachetools and diskcache')
    parser.add_argument('--smoke', action='store_true', help='one round, which is not kept')
    arguments = parser.parse_args()

    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder.resolve() if arguments.folder else pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        prepare(arguments.build.resolve(), folder)
        rounds = [one_round(arguments.build.resolve(), folder, arguments.python)
                  for _ in range(1 if arguments.smoke else arguments.rounds)]
    if arguments.smoke:
        for (row, side), ns in rounds[0].items():
            print(f'{row:45} {side:34} {ns:12.0f} ns')
        return
    write(rounds)
    record = json.loads(MACHINE.read_text(encoding='utf-8'))
    record['peers'] = conditions(arguments.python, len(rounds), load)
    MACHINE.write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')
    print(f'{FIGURES.name} written: now benchmarks/report.py render')


main()
