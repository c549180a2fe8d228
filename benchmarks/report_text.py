# SPDX-License-Identifier: LGPL-2.1-or-later
"""The text of REPORT.md, made of what is kept in figures/."""
import csv
import json
import re
import textwrap

# The topics in their order, each with what it is about.
TOPICS = {
    'lookup': ('Look-ups', 'A synchronous look-up of what is there, which returns a reference, checks expiry and notes the use. Beside it: '
               'GHashTable, a list in the order of use, a mutex, a clock and a reference to a GBytes.'),
    'get': ('Asynchronous gets', 'Gets through the main loop: of what is there, and of what has to be loaded. Beside it: a GTask each, with an '
            'idle source of its own.'),
    'herd': ('Herds', 'Many callers of one missing key, and one load. Beside it: a GTask a waiter, and a table of the loads under way. '
             'A time is that of the whole herd.'),
    'batch': ('Batches', 'Many missing keys, which are read from the source together. Beside it: a GTask a waiter, and a table of what is '
              'waited for. A time is that of the whole batch.'),
    'set': ('Sets', 'New keys, into a cache with room for them.'),
    'eviction': ('Evictions', 'New keys, into a cache that is full. By hand, and unless S3-FIFO is said, the one goes that was used longest '
                 'ago.'),
    'memory': ('Memory', 'What an entry takes beyond its key and its value, as the C library counts it.'),
    'threads': ('Threads', 'Look-ups by several threads at once. A time is that of a look-up of all of them together: it is half as long '
                'when twice as many are done.'),
    'call': ('Calls of functions and tools', 'A call of a decorated function, and of a tool of an agent, whose answer is there. Beside it: a '
             'plain get whose key is at hand, and a key that is printed by hand.'),
    'bracket': ('Invalidation', 'A deletion, and the two halves of a bracket around a change of the source.'),
    'expiry': ('Expiry', 'Entries that all expire together: what each costs, and the longest turn of the main loop that comes of it. By hand '
               'there is one turn.'),
    'startup': ('Start-up', 'Processes that start, use a cache once, and end.'),
    'disk': ('The disk', 'The whole way through a cache with nothing in memory. Beside it: SQLite with prepared statements, without a cache; '
             'or a file a key.'),
    'redis': ('Redis', 'The whole way through a cache that does not have in memory what it is asked for. Beside it: the asynchronous API of '
              'hiredis with a GTask a get; the backend without a cache; a bare socket; the program redis-benchmark.'),
}

PEERS = ('Caches in other languages', 'The same keys in the same order, each in its own language: what a program in that language has to pay. The '
         'ratio in brackets is to libcache, measured in the same rounds. In memory, what counts is how long processors worked for the '
         'process; with the disk, the clock on the wall.')

UNITS = {'ns': 1.0, 'us': 1e3, 'ms': 1e6, 's': 1e9}


def human(value, unit):
    """A figure as one reads it: three digits that mean something."""
    if unit not in UNITS:
        return f'{value:.0f} {unit}'
    value *= UNITS[unit]
    for name, factor in reversed(UNITS.items()):
        if value >= factor or name == 'ns':
            scaled = value / factor
            digits = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            return f'{scaled:.{digits}f} {"µs" if name == "us" else name}'
    raise AssertionError(value)


def spread(line):
    middle = float(line['median'])
    width = float(line['upper']) - float(line['lower'])
    return f'{100 * width / middle:.0f} %' if middle and width else ''


def ratio(line):
    middle, low, high = (float(line[name]) for name in ('ratio', 'ratio_lower', 'ratio_upper'))
    return f'{middle:.2f}' if low == high else f'{middle:.2f} ({low:.2f} to {high:.2f})'


def verdict(line):
    """What was to be reached, and whether it was."""
    said = []
    for name in ('target', 'next_target'):
        aim = float(line[name])
        if aim == 0:
            continue
        in_ratios = line['unit'] == 'ns'
        reached = float(line['ratio'] if in_ratios else line['median']) <= aim
        said.append(f'{f"{aim:.2f}" if in_ratios else human(aim, line["unit"])}: {"reached" if reached else "**not reached**"}')
    return '; then '.join(said)


def rows_of(path):
    """The rows of a topic: for each its lines, libcache first, then what it is compared with."""
    rows = {}
    with path.open(encoding='utf-8', newline='') as file:
        for line in csv.DictReader(file):
            rows.setdefault((line['section'], line['row']), []).append(line)
    return rows


def table(rows):
    out = []
    section = None
    for (title, name), (ours, base, *others) in rows.items():
        if title != section:
            section = title
            out += ['', f'| {title} | libcache | spread | beside it | spread | ratio (middle half) | at most |',
                    '| --- | ---: | ---: | ---: | ---: | --- | --- |']
        beside = '' if base['side'] == 'by hand' else f' {base["side"]}'
        out.append(f'| {name} | {human(float(ours["median"]), ours["unit"])} | {spread(ours)} | '
                   f'{human(float(base["median"]), base["unit"])}{beside} | {spread(base)} | {ratio(ours)} | {verdict(ours)} |')
        for other in others:
            out.append(f'| — {other["side"]} | {human(float(other["median"]), other["unit"])} | {spread(other)} | | | {ratio(other)} | |')
    return out


def aims(folder, record):
    """All that there is to reach, in one table."""
    out = ['| what | ratio or figure | at most |', '| --- | --- | --- |']
    for topic in TOPICS:
        path = folder / 'figures' / f'{topic}.csv'
        if topic not in record['topics'] or not path.exists():
            continue
        for (_, name), (ours, *_) in rows_of(path).items():
            if verdict(ours):
                figure = ratio(ours) if ours['unit'] == 'ns' else human(float(ours['median']), ours['unit'])
                out.append(f'| [{TOPICS[topic][0]}](#{anchor(TOPICS[topic][0])}): {name} | {figure} | {verdict(ours)} |')
    return out


def anchor(title):
    return re.sub(r'[^\w -]', '', title.lower()).replace(' ', '-')


def peers_table(path):
    """A line for each work, a column for each peer."""
    with path.open(encoding='utf-8', newline='') as file:
        lines = list(csv.DictReader(file))
    sides = list(dict.fromkeys(line['side'] for line in lines))
    works = {}
    for line in lines:
        works.setdefault(line['row'], {})[line['side']] = line
    out = ['| work | ' + ' | '.join(sides) + ' |', '| --- |' + ' --- |' * len(sides)]
    for work, cells in works.items():
        shown = [f'{human(float(cells[side]["median"]), cells[side]["unit"])} ({float(cells[side]["ratio"]):.2f})' if side in cells else ''
                 for side in sides]
        out.append(f'| {work} | ' + ' | '.join(shown) + ' |')
    return out


def is_figure(paragraph):
    """Whether lines have to stay as they are, as those of a table."""
    return any(line.startswith(' ') or re.search(r'\S {3,}\S', line) for line in paragraph.splitlines())


def as_markdown(text):
    """What is written in figures/NAME.txt: a title underlined, paragraphs, and tables as a terminal shows them."""
    out = []
    for paragraph in re.split(r'\n\s*\n', text.strip('\n')):
        title = re.fullmatch(r'(.+)\n([=-])\2+', paragraph)
        if title:
            out += [('### ' if title[2] == '=' else '#### ') + title[1], '']
        elif is_figure(paragraph):
            out += ['<!-- text -->', '```text', *textwrap.dedent(paragraph).splitlines(), '```', '']
        else:
            out += [' '.join(paragraph.split()), '']
    return out


def conditions(record):
    machine = record['machine']
    topics = record['topics'].values()
    loads = [load for topic in topics for load in topic['load']]
    types = sorted({topic['buildtype'] for topic in topics})
    out = [f'{machine["processor"]}, {machine["cores"]} cores; {machine["system"]}, Linux {machine["kernel"]}; {machine["compiler"]}; '
           f'GLib {machine["GLib"]}, SQLite {machine["SQLite"]}, hiredis {machine["hiredis"]}, Redis {machine["Redis"]}. '
           f'The load average was between {min(loads):.1f} and {max(loads):.1f}.', '']
    if max(loads) > machine['cores']:
        out += ['That is more than there are cores: others used the machine at the same time. Times say little then, and even ratios '
                'suffer where one side has two threads and the other has one.', '']
    if types != ['release']:
        out += [f'**Not all of this was built with `--buildtype=release`** ({", ".join(types)}): the figures say little.', '']
    return out


def how(run, rows):
    """Who measured, and under which conditions.  What has no spread was not measured in rounds."""
    in_rounds = any(spread(line) for lines in rows.values() for line in lines)
    command = f'{run["rounds"]} rounds by `{run["program"]} --rounds {run["rounds"]}`' if in_rounds else f'By `{run["program"]}`'
    return f'{command} on {run["date"]}, with a load of {run["load"][0]} before and {run["load"][1]} after.'


def render(folder):
    record = json.loads((folder / 'figures' / 'machine.json').read_text(encoding='utf-8'))
    out = ['<!-- Written by benchmarks/report.py: change that, or the texts in benchmarks/figures. -->', '# What was measured', '',
           'Times from one machine say little about another. What counts are the *ratios*: each program does the same work with libcache and '
           'otherwise, in turns, and takes the ratio in each round. What is done in one thread is measured in the time that the processor '
           'worked; where threads, processes or a disk take part, the clock on the wall counts. Given are the median of the rounds and, in brackets, between what '
           'the middle half of them lies; below 1 libcache is faster. Both sides are checked for right answers while they are measured.', '',
           *conditions(record), '## To repeat it', '', '<!-- text -->', '```sh',
           'meson setup build-release --buildtype=release -Dbenchmarks=enabled',
           'meson compile -C build-release benchmark-report', '```', '',
           'That takes some ten minutes. `BENCHMARK_ONLY="lookup get"` in the environment measures only these topics, and '
           '`BENCHMARK_ROUNDS=201` takes more rounds, for a noisy machine. Each program can be run alone, too; see the '
           '[overview](README.md).', '', '## What was to be reached', '', *aims(folder, record), '']

    for topic, (title, about) in TOPICS.items():
        if topic not in record['topics']:
            continue
        rows = rows_of(folder / 'figures' / f'{topic}.csv')
        out += [f'## {title}', '', about, '', how(record['topics'][topic], rows), *table(rows), '']
        if (folder / 'plots' / f'{topic}.svg').exists():
            out += [f'![{caption(folder, topic)}](plots/{topic}.svg)', '']

    peers = folder / 'figures' / 'peers.csv'
    if peers.exists():
        run = record['peers']
        versions = ', '.join(f'{name} {version}' for name, version in run['versions'].items())
        out += [f'## {PEERS[0]}', '', PEERS[1], '',
                f'{run["rounds"]} rounds on {run["date"]}, with a load of {run["load"][0]} before and {run["load"][1]} after: {versions}.', '',
                *peers_table(peers), '']
        out += ['[How](peers/README.md).', '']

    texts = sorted((folder / 'figures').glob('*.txt'))
    if texts:
        out += ['## Where the time goes', '', 'What the profiles show, what was tried, and what it would take to reach what was not reached.', '']
        for text in texts:
            out += as_markdown(text.read_text(encoding='utf-8'))

    return '\n'.join(out).rstrip() + '\n'


def caption(folder, topic):
    """The comment in the script of a plot, as it is the plot's title."""
    script = (folder / 'plots' / f'{topic}.gp').read_text(encoding='utf-8')
    return re.search(r'^# (?!SPDX)(.*)', script, re.MULTILINE)[1]
