#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same work by caches of Python: peers_in_python.py FOLDER, where peers.py has written which keys are asked for.

Prints a line for each: what is done, by whom, and the nanoseconds of one operation.
"""
import itertools
import json
import pathlib
import sys
import tempfile
import threading
import time

import cachetools
import diskcache

TTL = 300
SIZE = 1000
VALUE_SIZE = 100
# As many as libcache has in a batch.
MANY = 100
# For so long each is measured, after half of it to warm up.
SECONDS = 0.1

FOLDER = pathlib.Path(sys.argv[1])


def read_workload(name):
    keys, draws = (line.split() for line in (FOLDER / name).read_text(encoding='utf-8').splitlines())
    return keys, [int(number) for number in draws]


def measure(row, side, operations, one_pass, clock=time.process_time):
    """A pass says how many operations came out right."""
    for seconds in (SECONDS / 2, SECONDS):
        began = clock()
        passes = 0
        while (took := clock() - began) < seconds:
            right = one_pass()
            if right != operations:
                sys.exit(f'{row}, {side}: {right} of {operations} are right')
            passes += 1
    print(json.dumps({'row': row, 'side': side, 'ns': took / passes / operations * 1e9}), flush=True)


def hits(row, name):
    """With a lock, as several threads need it."""
    keys, draws = read_workload(name)
    cache = cachetools.TTLCache(len(keys), TTL)
    lock = threading.Lock()
    for key in keys:
        cache[key] = key
    places = itertools.cycle(draws)

    def one_pass():
        right = 0
        for place in itertools.islice(places, 4096):
            key = keys[place]
            with lock:
                right += cache.get(key) == key
        return right
    measure(row, 'cachetools (Python)', 4096, one_pass)


def evictions(row, name):
    keys, _ = read_workload(name)
    cache = cachetools.LRUCache(SIZE)
    lock = threading.Lock()
    following = itertools.cycle(keys)

    def one_pass():
        for key in itertools.islice(following, SIZE):
            with lock:
                cache[key] = key
        return len(cache)
    measure(row, 'cachetools (Python)', SIZE, one_pass)


def value_of(key):
    return key.ljust(VALUE_SIZE, 'x').encode()


def disk(get_row, put_row, name):
    """With the library's own settings: what is put is not durable at once."""
    keys, _ = read_workload(name)
    # Read in leaps, as libcache does it.
    places = itertools.cycle((7919 * i) % len(keys) for i in range(1, len(keys) + 1))
    with tempfile.TemporaryDirectory() as folder, diskcache.Cache(folder) as cache:
        with cache.transact():
            for key in keys:
                cache.set(key, value_of(key))

        def get_all():
            return sum(cache.get(keys[place]) == value_of(keys[place]) for place in itertools.islice(places, MANY))

        def put_all():
            with cache.transact():
                return sum(cache.set(keys[place], value_of(keys[place])) for place in itertools.islice(places, MANY))
        measure(get_row, 'diskcache (Python)', MANY, get_all, time.perf_counter)
        measure(put_row, 'diskcache (Python)', MANY, put_all, time.perf_counter)


hits('hit, 1k entries, Zipf', '1000')
hits('hit, 100k entries, Zipf', '100000')
evictions('set, evicting, 1k', '2000')
disk('get, 100 B, one at a time', '100 stores, none durable yet, 100 B, each', 'disk')
