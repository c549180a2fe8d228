#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Asks for three squares, which are slow to compute, with a cache that is backed up by what the URI says.

    remember.py URI
"""
import asyncio
import sys

import folder_backend
from libcache import AsyncCache


async def remember(backend):
    # [remember]
    cache = AsyncCache(backup=backend)
    # [/remember]

    for number in (12, 25, 111):
        async def square(number=number):
            return number * number

        print(f'  {await cache.get(str(number), loader=square)}')

    metrics = cache.get_metrics()
    print(f'loads: {metrics.loads}, found in the backup: {metrics.backup_hits}')
    await cache.close()


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    # [remember]
    folder_backend.register()
    asyncio.run(remember(sys.argv[1]))
    # [/remember]
