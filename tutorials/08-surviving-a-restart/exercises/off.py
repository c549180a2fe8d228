#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A price lives for an hour. The program is off for a part of it."""
import asyncio
import pathlib
import tempfile

from libcache import AsyncCache, DiskBackend, ManualClock

MINUTES = 60


def start(path, moment):
    """A run of the program that begins at a moment, in seconds since the price was loaded."""
    clock = ManualClock()
    clock.advance(moment)
    return AsyncCache(default_ttl=60 * MINUTES, backup=DiskBackend(path), clock=clock), clock


async def look(cache, minute):
    print(f'  minute {minute:2}: {"there" if await cache.get("price:7") is not None else "gone"}')


# [tell]
async def tell(folder, off_until):
    path = pathlib.Path(folder) / str(off_until) / 'prices.db'
    first, _ = start(path, 0)
    first.set('price:7', '59.59')
    await first.close()

    print(f'Off until minute {off_until}')
    second, clock = start(path, off_until * MINUTES)
    await look(second, off_until)
    clock.advance(15 * MINUTES)
    await look(second, off_until + 15)
    await second.close()
# [/tell]


async def main():
    with tempfile.TemporaryDirectory(prefix='off-') as folder:
        for off_until in (30, 50, 61):
            await tell(folder, off_until)


asyncio.run(main())
