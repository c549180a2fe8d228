#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Readers with a cache, and what becomes of the four traps that a dictionary has."""
import asyncio

from libcache import AsyncCache
from popularity import Popularity
from simulated_clock import SimulatedClock
from slow_source import SlowSource

N_PAGES = 10000
N_READERS = 10000
SEED = 1


async def main():
    # [cache]
    clock = SimulatedClock()
    database = SlowSource(clock, latency=0.05)
    cache = AsyncCache(maxsize=1000, default_ttl=300, clock=clock)

    async def get_page(key):
        return await cache.get(key, loader=lambda: database.ask(key))
    # [/cache]

    # [readers]
    popularity = Popularity(N_PAGES, SEED)
    for _ in range(N_READERS):
        await clock.wait_for(get_page(f'page:{popularity.draw()}'))
    # [/readers]

    metrics = cache.get_metrics()
    print(f'With libcache\n'
          f'  readers             {N_READERS:6}\n'
          f'  queries             {database.n_queries:6}\n'
          f'  they waited, all in all {clock.now:.0f} s\n'
          f'  pages in memory     {metrics.size:6}\n')
    print(f"By the cache's own metrics\n"
          f'  hits                {metrics.hits:6}\n'
          f'  misses              {metrics.misses:6}\n'
          f'  loads               {metrics.loads:6}\n'
          f'  evictions           {metrics.evictions:6}\n'
          f'  expirations         {metrics.expirations:6}\n'
          f'  hit rate            {100 * metrics.hit_rate:6.1f} %\n')

    for page in range(1, N_PAGES + 1):
        await clock.wait_for(get_page(f'page:{page}'))
    print(f'Trap 1: a robot reads all 10000 pages, each once\n'
          f'  pages in memory     {len(cache):6}\n')

    # [changed]
    await clock.wait_for(get_page('page:1'))
    database.set('page:1', 'a new text')
    cache.delete('page:1')

    n_wrong = 0
    for _ in range(1000):
        n_wrong += await clock.wait_for(get_page('page:1')) != 'a new text'
    # [/changed]
    print(f'Trap 2: the page was changed, and 1000 more read it\n'
          f'  were given the old text {n_wrong}\n')

    # [nothing]
    # None is a value like others, and is kept.
    database.set('page:0', None)
    before = database.n_queries
    for _ in range(1000):
        await clock.wait_for(get_page('page:0'))
    # [/nothing]
    print(f'Trap 3: 1000 readers follow a link to a page that does not exist\n'
          f'  queries             {database.n_queries - before:6}\n')

    # [at-once]
    cache.delete('page:1')
    before = database.n_queries
    await clock.wait_for(asyncio.gather(*(get_page('page:1') for _ in range(100))))
    # [/at-once]
    print(f'Trap 4: 100 readers open the same page at once\n'
          f'  queries             {database.n_queries - before:6}')


asyncio.run(main())
