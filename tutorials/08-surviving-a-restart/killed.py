#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A program with a disk behind its cache is killed, again and again: what had been acknowledged is looked for.

    killed.py [WHAT FILE]

The program runs itself with WHAT, and kills what it started.
"""
import asyncio
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

from libcache import AsyncCache, DiskBackend

N_PRICES = 1000
N_KILLS = 20
SEED = 8


def open_cache(path):
    return AsyncCache(maxsize=N_PRICES, backup=DiskBackend(path))


# --- what is run to be killed ---

# [change]
async def change_prices(cache):
    """Product by product: the odd ones get a new price, the even ones are deleted. Says so when it is acknowledged."""
    for product in range(1, N_PRICES + 1):
        if product % 2 == 1:
            cache.set(f'price:{product}', 'a new price')
        else:
            cache.delete(f'price:{product}')
        await cache.flush()
        print('so far', flush=True)
# [/change]


# [hurry]
async def change_prices_in_a_hurry(cache):
    """The same without waiting."""
    for product in range(1, N_PRICES + 1):
        if product % 2 == 1:
            cache.set(f'price:{product}', 'a new price')
        else:
            cache.delete(f'price:{product}')
    print('so far', flush=True)
# [/hurry]


async def run(what, path):
    cache = open_cache(path)

    # What comes is to find the disk open.
    cache.set('price:0', 'a price')
    await cache.flush()

    await (change_prices if what == 'change' else change_prices_in_a_hurry)(cache)
    signal.pause()


# --- the story ---

async def fill(path):
    async with open_cache(path) as cache:
        for product in range(1, N_PRICES + 1):
            cache.set(f'price:{product}', 'the old price')


def run_and_kill(what, path, n_lines):
    """Runs the program once more. When it has printed so many lines it is killed as by "kill -9"."""
    with subprocess.Popen([sys.executable, __file__, what, path], stdout=subprocess.PIPE) as process:
        for _ in range(n_lines):
            if not process.stdout.readline():
                raise SystemExit('The process ended before it was killed')
        process.kill()


async def count_changes(path, n_changed):
    """The next run: of the first so many changes, how many are there?"""
    async with open_cache(path) as cache:
        return sum([await cache.get(f'price:{product}') == ('a new price' if product % 2 == 1 else None)
                    for product in range(1, n_changed + 1)])


async def kill_and_look(path):
    drawn = random.Random(SEED)
    n_acknowledged = n_there = 0

    # [kill]
    for _ in range(N_KILLS):
        n_changes = 1 + drawn.getrandbits(32) % 100
        await fill(path)
        run_and_kill('change', path, n_changes)
        n_acknowledged += n_changes
        n_there += await count_changes(path, n_changes)
    # [/kill]

    print(f'{N_KILLS} times killed\n'
          f'  changes that had been acknowledged   {n_acknowledged:4}\n'
          f'  of these in the next run             {n_there:4}')


async def hurry_and_look(path):
    await fill(path)
    run_and_kill('hurry', path, 1)
    # How many it is depends on how far the disk had got. So it is no output to compare.
    print(f'Of {N_PRICES} changes that nobody waited for {await count_changes(path, N_PRICES)} are there', file=sys.stderr)


async def main():
    if len(sys.argv) > 2:
        await run(*sys.argv[1:])

    with tempfile.TemporaryDirectory(prefix='killed-') as folder:
        path = str(pathlib.Path(folder) / 'prices' / 'prices.db')
        await kill_and_look(path)
        await hurry_and_look(path)


asyncio.run(main())
