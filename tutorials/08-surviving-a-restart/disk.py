#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The program that is started anew for each thousand readers, with a disk behind its memory."""
import asyncio
import pathlib
import tempfile

import readers
from libcache import AsyncCache, DiskBackend

N_RUNS = 8
N_READERS = 1000


async def run(path, drawn):
    """One run of the program: how many queries, and how many pages were on the disk."""
    source = readers.database()

    # [disk]
    async with AsyncCache(maxsize=readers.N_PAGES, backup=DiskBackend(path)) as cache:
        await readers.come(cache, source, drawn, N_READERS)
    # [/disk]

    return source.n_queries, cache.get_metrics().backup_hits


async def main():
    drawn = readers.popularity()
    all_queries = all_found = 0

    print('readers          queries    found on the disk')
    with tempfile.TemporaryDirectory(prefix='disk-') as folder:
        for i in range(N_RUNS):
            n_queries, n_found = await run(pathlib.Path(folder) / 'pages' / 'pages.db', drawn)
            print(f'{i * N_READERS + 1:4} to {(i + 1) * N_READERS:4}     {n_queries:7}    {n_found:17}')
            all_queries += n_queries
            all_found += n_found
    print(f'all              {all_queries:7}    {all_found:17}')


asyncio.run(main())
