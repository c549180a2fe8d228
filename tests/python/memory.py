#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Say how much memory an await leaves behind: of hits, decorated hits, misses, failures, changes.

    memory.py HITS MISSES

What is counted is what the process holds, from the first fifth of the awaits to their end. Prints a line for each kind,
and fails where it is more than a leak of one small object in some awaits would be.
"""
import asyncio
import gc
import sys

from libcache import AsyncCache, AsyncLRU, AsyncLRUInvalidator

# The smallest thing that Python or GLib allocates has 16 bytes; a closure that is lost, more than 100. Beside that
# the process may take some pages more.
MOST = 16.0
PAGES = 256 * 1024


def resident():
    """What the process holds, in bytes."""
    gc.collect()
    with open('/proc/self/status', encoding='ascii') as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith('RssAnon:'))


async def measure(name, count, one):
    """Awaits something many times, and gives whether that is free."""
    for i in range(count // 5):
        await one(i)
    before, started = resident(), count // 5
    for i in range(started, count):
        await one(i)
    more = resident() - before
    print(f'{name:16} {count:9} awaits {more / (count - started):8.2f} bytes each')
    return more <= MOST * (count - started) + PAGES


async def main(n_hits, n_misses):
    """All kinds of awaits."""
    cache = AsyncCache(maxsize=100)
    cache.set('key', object())

    async def load():
        return object()

    async def fail():
        raise ValueError('no')

    async def load_batch(keys):
        return keys

    @AsyncLRU(maxsize=100)
    async def read(x):
        return object()

    @AsyncLRUInvalidator(read)
    async def change(x):
        pass

    async def hit(_):
        await cache.get('key', load)

    async def decorated(i):
        await read(i % 10)

    async def miss(i):
        await cache.get(i, load)

    async def failure(i):
        try:
            await cache.get(-1, fail)
        except ValueError:
            pass

    async def cancelled(i):
        task = asyncio.ensure_future(cache.get(-2, asyncio.Event().wait))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass

    async def batch(i):
        await asyncio.gather(*(cache.get((i, j), batch_loader=load_batch) for j in range(10)))

    async def changes(i):
        await change(i)

    async def in_thread(i):
        await cache.get(i, object)

    good = [
        await measure('hit', n_hits, hit),
        await measure('decorated hit', n_hits, decorated),
        await measure('miss', n_misses, miss),
        await measure('failure', n_misses, failure),
        await measure('cancelled', n_misses, cancelled),
        await measure('change', n_misses, changes),
        await measure('batch of ten', n_misses // 10, batch),
        await measure('in a thread', n_misses // 10, in_thread),
    ]
    return all(good)


if __name__ == '__main__':
    sys.exit(0 if asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]))) else 1)
