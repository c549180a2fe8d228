#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""What the disk has of a price, with one bit of it turned over: each bit, one after the other."""
import asyncio
import pathlib
import tempfile

from libcache import AsyncCache, DiskBackend

from gi.repository import GLib, Memo

KEY = 'price:7'
PRICE = '59.59'
# A cache has its values under d:.
KEY_ON_DISK = f'd:{KEY}'


async def write(disk, data):
    await disk.memo.store_async(KEY_ON_DISK, GLib.Bytes.new(data), Memo.TTL_FOREVER, False)


async def get(cache):
    # Nothing in memory, so that the disk is read; and no loader, so that what is not there is a miss.
    cache.trim()
    return await cache.get(KEY)


async def damage(disk, cache):
    cache.set(KEY, PRICE)
    await cache.flush()
    data = (await disk.memo.load_async(KEY_ON_DISK)).get_data()
    n_wrong = n_misses = 0

    # [flips]
    for bit in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        await write(disk, bytes(damaged))

        price = await get(cache)
        n_misses += price is None
        n_wrong += price not in (None, PRICE)
    # [/flips]

    await write(disk, data)
    print(f'A price on the disk, one bit of it is wrong: {8 * len(data)} ways\n'
          f'  a wrong price is told     {n_wrong:5}\n'
          f'  a miss, and it is loaded  {n_misses:5}\n'
          f'With all bits as they were, it is {"there" if await get(cache) == PRICE else "gone"}')


async def main():
    with tempfile.TemporaryDirectory(prefix='damaged-') as folder:
        disk = DiskBackend(pathlib.Path(folder) / 'prices' / 'prices.db')
        async with AsyncCache(backup=disk) as cache:
            await damage(disk, cache)


asyncio.run(main())
