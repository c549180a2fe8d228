#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""What was loaded together expires together."""
import asyncio
import random

from libcache import AsyncCache
from simulated_clock import SimulatedClock
from slow_source import SlowSource

N_PAGES = 600
N_SECONDS = 300
N_WORKERS = 20
TIME_TO_LIVE = 60.0
STARTED = 30
SEED = 1


async def tell(jitter):
    """Queries in each second, and the longest wait after the start."""
    clock = SimulatedClock()
    database = SlowSource(clock, latency=0.05, workers=N_WORKERS)
    cache = AsyncCache(maxsize=N_PAGES, clock=clock)
    drawn = random.Random(SEED)
    queries, waits, being_read = [], [0.0], {}

    # [jitter]
    async def read(key, ttl):
        asked_at = clock.now
        await cache.get(key, loader=lambda: database.ask(key), ttl=ttl)
        if asked_at >= STARTED:
            waits.append(clock.now - asked_at)

    def time_to_live():
        return TIME_TO_LIVE * (1 + jitter * (drawn.getrandbits(32) % 2001 - 1000) / 1000)
    # [/jitter]

    for second in range(N_SECONDS):
        before = database.n_queries
        for page in range(1, N_PAGES + 1):
            if f'page:{page}' not in cache and page not in being_read:
                being_read[page] = asyncio.create_task(read(f'page:{page}', time_to_live()))
                being_read[page].add_done_callback(lambda _, page=page: being_read.pop(page))
        await clock.run_until(second + 1)
        queries.append(database.n_queries - before)

    await clock.run(60)
    return queries, max(waits)


async def main():
    plain, plain_wait = await tell(0)
    jittered, jittered_wait = await tell(0.1)

    print(f'{N_PAGES} pages, each kept for         60 s    54 to 66 s\n'
          f'  queries in five minutes     {sum(plain):6}    {sum(jittered):10}\n'
          f'After the start\n'
          f'  in the busiest second       {max(plain[STARTED:]):6}    {max(jittered[STARTED:]):10}\n'
          f'  the longest wait            {plain_wait:4.2f} s    {jittered_wait:8.2f} s')


asyncio.run(main())
