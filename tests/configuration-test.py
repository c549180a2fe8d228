#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the configuration reference of the user guide is that of the library.

    tests/configuration-test.py docs/user-guide.md

Its tables are marked with the types that they are about.  Each property that can be set has a
row, each row is a property, and the default is the one that the type itself gives.  One line a
property, as TAP.
"""
import pathlib
import re
import sys

import gi

gi.require_version('Memo', '1')
from gi.repository import GObject, Memo  # noqa: E402

WORDS = {
    'none': None,
    'none: has to be given': None,
    'FALSE': False,
    'MEMO_EVICTION_LRU': Memo.EvictionPolicy.LRU,
    'MEMO_TTL_FOREVER': Memo.TTL_FOREVER,
    'MEMO_UNLIMITED_BYTES': Memo.UNLIMITED_BYTES,
    'MEMO_TTL_DEFAULT': Memo.TTL_DEFAULT,
}
# Defaults that are objects, which each object is given its own of.
OBJECTS = {
    'boot time': (Memo.AsyncCache, 'clock', type(Memo.clock_get_default())),
    'a MemoVariantCodec': (Memo.AsyncCache, 'codec', Memo.VariantCodec),
    'one of its own': (Memo.AsyncLru, 'cache', Memo.AsyncCache),
}

done = 0
failed = 0


def check(what, problem):
    global done, failed
    done += 1
    failed += problem is not None
    print('not ok' if problem else 'ok', done, '-', what)
    if problem:
        print('#', problem)


def tables(text):
    """Pairs of a table's types and its rows."""
    for mark in re.finditer(r'^<!-- properties: (.+) -->\n((?:\|.*\n)+)', text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip().strip('|').split('|')] for line in mark[2].splitlines()]
        yield [getattr(Memo, name.removeprefix('Memo')) for name in mark[1].split()], rows[2:]


def settable(kind):
    return {spec.name: spec for spec in kind.list_properties() if spec.flags & GObject.ParamFlags.WRITABLE}


def written(cell, kind):
    """What the cell says about a type: '128; of `MemoAsyncTtl` 1024'."""
    name = 'Memo' + kind.__name__
    for part in cell.split(';'):
        other = re.fullmatch(r'\s*of `(\w+)` (.+)', part)
        if other and other[1] == name:
            return other[2].replace('`', '')
    return cell.split(';')[0].strip().replace('`', '')


def wrong_default(kind, spec, cell):
    said = written(cell, kind)
    if said in OBJECTS:
        owner, name, expected = OBJECTS[said]
        needed = {} if owner is Memo.AsyncCache else {'name': 'f', 'loader': Memo.Loader.new(lambda call: None)}
        given = owner(**needed).get_property(name)
        return None if isinstance(given, expected) else f'it is {given!r}'
    value = spec.default_value
    if said in WORDS:
        expected = WORDS[said]
    else:
        expected = float(said) if '.' in said else int(said)
    if value == expected and isinstance(value, bool) == isinstance(expected, bool):
        return None
    return f'the guide says {expected!r}, the type {value!r}'


def only_of(cell):
    found = re.search(r'only of `Memo(\w+)`', cell)
    return getattr(Memo, found[1]) if found else None


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')
    for kinds, rows in tables(text):
        for kind in kinds:
            specs = settable(kind)
            mine = [row for row in rows if only_of(row[1]) in (None, kind)]
            for row in mine:
                name = row[0].strip('`')
                spec = specs.pop(name, None)
                check(f'{kind.__name__}:{name}',
                      wrong_default(kind, spec, row[1]) if spec else 'there is no such property')
            check(f'{kind.__name__} has no others', f'not in the guide: {sorted(specs)}' if specs else None)
    check('there are tables', None if done > 20 else 'too few of them were found')
    print(f'1..{done}')
    sys.exit(failed > 0)


main()
