# SPDX-License-Identifier: CC0-1.0
import asyncio

from libcache import AsyncCache


async def load(key):
    print(f'asking for {key}, which is slow')
    return 'Ada'


async def main():
    cache = AsyncCache(maxsize=1000, default_ttl=300)

    for _ in range(2):
        print(await cache.get('user:42', loader=lambda: load('user:42')))


asyncio.run(main())
