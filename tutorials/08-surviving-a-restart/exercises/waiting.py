#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""What an acknowledgement costs: one for each change, and one for all of them.

The disk counts how often it had to make sure that something cannot be lost any more.
"""
import asyncio
import pathlib
import tempfile

from libcache import AsyncCache, DiskBackend

N_CHANGES = 200


# [measure]
async def measure(title, path, wait_for_each):
    disk = DiskBackend(path)
    async with AsyncCache(maxsize=N_CHANGES, backup=disk) as cache:
        for i in range(N_CHANGES):
            cache.set(f'price:{i}', 'a price')
            if wait_for_each:
                await cache.flush()
        await cache.flush()
        n_durable = disk.memo.props.durable_commits
    print(f'{title:32} {"fewer than 10" if n_durable < 10 else n_durable}')
# [/measure]


async def main():
    print(f'{N_CHANGES} changes: how often the disk makes sure')
    with tempfile.TemporaryDirectory(prefix='waiting-') as folder:
        await measure('  each is waited for', pathlib.Path(folder) / 'each' / 'prices.db', True)
        await measure('  one flush for all of them', pathlib.Path(folder) / 'all' / 'prices.db', False)


asyncio.run(main())
