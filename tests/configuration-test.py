#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether the configuration reference of the user guide is that of the library.

    tests/configuration-test.py docs/user-guide.md

Its tables are marked with the types that they are about.  Each property that can be set has a
row, each row is a property, and the default is the one that the type itself gives.  A row may also be a
signal, or of Python alone.  The same for the arguments of the classes in Python, where the table has a column for
them.  One line a property or argument, as TAP.
"""
import inspect
import pathlib
import re
import sys

import gi

gi.require_version('Memo', '1')
import libcache  # noqa: E402
from gi.repository import GObject, Memo  # noqa: E402

# The classes in Python.
CLASSES = {
    Memo.AsyncCache: libcache.AsyncCache,
    Memo.AsyncLru: libcache.AsyncLRU,
    Memo.AsyncTtl: libcache.AsyncTTL,
    Memo.AsyncLruInvalidator: libcache.AsyncLRUInvalidator,
    Memo.AsyncTtlInvalidator: libcache.AsyncTTLInvalidator,
    Memo.AgentTool: libcache.AgentCache,
    Memo.AgentCacheInvalidator: libcache.AgentCacheInvalidator,
    Memo.AgentCache: libcache.AgentPrincipal,
    Memo.AgentCacheSession: libcache.AgentCacheSession,
}
# How a default is said in Python: what is unlimited or none is None.
IN_PYTHON = {
    'none': None,
    'none: has to be given': None,
    'FALSE': False,
    'MEMO_EVICTION_LRU': 'lru',
    'MEMO_TTL_FOREVER': None,
    'MEMO_TTL_DEFAULT': libcache.DEFAULT,
    'MEMO_UNLIMITED': None,
    'MEMO_UNLIMITED_BYTES': None,
    'MEMO_AGENT_SCOPE_GLOBAL': 'global',
    'MEMO_AGENT_LOOP_DETECTION_OUTCOME': True,
    'MEMO_AGENT_LOOP_ACTION_RAISE': 'raise',
    'no arguments': (),
    'no name': '',
    'boot time': None,
    'a MemoVariantCodec': None,
    'one of its own': None,
}
WORDS = {
    'none': None,
    'none: has to be given': None,
    'FALSE': False,
    'MEMO_EVICTION_LRU': Memo.EvictionPolicy.LRU,
    'MEMO_TTL_FOREVER': Memo.TTL_FOREVER,
    'MEMO_TTL_DEFAULT': Memo.TTL_DEFAULT,
    'MEMO_UNLIMITED': Memo.UNLIMITED,
    'MEMO_UNLIMITED_BYTES': Memo.UNLIMITED_BYTES,
    'MEMO_AGENT_SCOPE_GLOBAL': Memo.AgentScope.GLOBAL,
    'MEMO_AGENT_LOOP_DETECTION_OUTCOME': Memo.AgentLoopDetection.OUTCOME,
    'MEMO_AGENT_LOOP_ACTION_RAISE': Memo.AgentLoopAction.RAISE,
    'no arguments': None,
    'no name': None,
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
    """A table's types, its rows, and which column is Python's, or None."""
    for mark in re.finditer(r'^<!-- properties: (.+) -->\n((?:\|.*\n)+)', text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip().strip('|').split('|')] for line in mark[2].splitlines()]
        column = rows[0].index('Python') if 'Python' in rows[0] else None
        yield [getattr(Memo, name.removeprefix('Memo')) for name in mark[1].split()], rows[2:], column


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
        expected = number(said)
    if value == expected and isinstance(value, bool) == isinstance(expected, bool):
        return None
    return f'the guide says {expected!r}, the type {value!r}'


def only_of(cell):
    found = re.search(r'only of `Memo(\w+)`', cell)
    return getattr(Memo, found[1]) if found else None


def number(said):
    return float(said) if '.' in said else int(said)


def wrong_argument(given, said):
    """What is wrong about an argument of a class in Python, whose default is SAID of the property."""
    expected = IN_PYTHON[said] if said in IN_PYTHON else number(said)
    if given.default == expected and isinstance(given.default, bool) == isinstance(expected, bool):
        return None
    return f'the guide says {expected!r}, the class {given.default!r}'


def check_python(kind, rows, column):
    """Whether the column of a table has the arguments of a class, all of them and with their defaults."""
    owner = CLASSES[kind]
    arguments = {name: given for name, given in inspect.signature(owner).parameters.items()
                 if given.kind is not given.VAR_POSITIONAL}
    # All others that a function's cache takes are AsyncCache's.
    further = inspect.signature(libcache.AsyncCache).parameters if arguments.pop('options', None) else {}

    for row in rows:
        # The first is the property, and what else there is has no default of its own.
        for name, said in zip(re.findall(r'`(\w+)`', row[column]), [written(row[1], kind), *['none'] * 9]):
            given = arguments.pop(name, further.get(name))
            check(f'{owner.__name__}({name})', wrong_argument(given, said) if given else 'there is no such argument')
    check(f'{owner.__name__}() takes no others', f'not in the guide: {sorted(arguments)}' if arguments else None)


def main():
    text = pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')
    n_in_python = 0
    for kinds, rows, column in tables(text):
        for kind in kinds:
            specs = settable(kind)
            mine = [row for row in rows if only_of(row[1]) in (None, kind)]
            for row in mine:
                name, _, what = row[0].replace('`', '').partition(' ')
                if what == '(signal)':
                    check(f'{kind.__name__}::{name}',
                          None if GObject.signal_lookup(name, kind) else 'there is no such signal')
                    continue
                if not name and column is not None:
                    continue
                spec = specs.pop(name, None)
                check(f'{kind.__name__}:{name}',
                      wrong_default(kind, spec, row[1]) if spec else 'there is no such property')
            check(f'{kind.__name__} has no others', f'not in the guide: {sorted(specs)}' if specs else None)
            if column is not None:
                check_python(kind, mine, column)
                n_in_python += 1
    check('there are tables', None if done > 20 else 'too few of them were found')
    check('each class in Python is in one', None if n_in_python == len(CLASSES) else f'{n_in_python} of {len(CLASSES)} are')
    print(f'1..{done}')
    sys.exit(failed > 0)


main()
