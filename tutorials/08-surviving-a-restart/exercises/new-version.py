#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A new version of the program wants its prices with the currency. What is on the disk is from the one before."""
import asyncio
import pathlib
import tempfile

from libcache import AsyncCache, DiskBackend

N_CUSTOMERS = 20


# [run]
async def run(path, price):
    """A run of a version whose prices look like this one: how many customers are told another one."""
    async def load():
        return price

    async with AsyncCache(backup=DiskBackend(path)) as cache:
        return sum([await cache.get(f'price:{i}', loader=load) != price for i in range(1, N_CUSTOMERS + 1)])
# [/run]


async def tell(title, path, new_path):
    await run(path, '24.90')
    print(f'{title:36} {await run(new_path, "CHF 24.90"):2} of {N_CUSTOMERS}')


async def main():
    with tempfile.TemporaryDirectory(prefix='new-version-') as name:
        folder = pathlib.Path(name)
        print('Customers who are told a price without the currency')
        await tell('  the new version has the same file', folder / 'same/prices.db', folder / 'same/prices.db')
        await tell('  it has a file of its own', folder / 'own/prices-1.db', folder / 'own/prices-2.db')


asyncio.run(main())
