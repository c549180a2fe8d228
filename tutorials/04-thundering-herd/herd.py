#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Many readers at once: how many queries, and how long the last one waits."""
import asyncio

from libcache import AsyncCache
from simulated_clock import SimulatedClock
from slow_source import SlowSource

N_WORKERS = 4


async def measure(n_readers, with_a_cache):
    clock = SimulatedClock()
    database = SlowSource(clock, latency=0.2, workers=N_WORKERS)
    cache = AsyncCache(clock=clock)
    answers = []

    # [measure]
    async def read():
        if with_a_cache:
            await cache.get('page:1', loader=lambda: database.ask('page:1'))
        else:
            await database.ask('page:1')
        answers.append(clock.now)

    readers = [asyncio.create_task(read()) for _ in range(n_readers)]
    await clock.run(600)
    # [/measure]
    await asyncio.gather(*readers)

    return database.n_queries, max(answers)


async def main():
    print('               each asks            one load\n'
          'readers    queries      wait    queries   wait')
    for n_readers in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        each_queries, each_wait = await measure(n_readers, False)
        one_queries, one_wait = await measure(n_readers, True)
        print(f'{n_readers:7}    {each_queries:7}   {each_wait:5.1f} s    {one_queries:7}   {one_wait:.1f} s')


asyncio.run(main())
