#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A day of a web site, with caches of many sizes. What the readers like changes from hour to hour; at three in the morning and
at three in the afternoon a robot reads everything.
"""
from libcache import AsyncCache
from popularity import Popularity

N_PAGES = 2000
READERS_AN_HOUR = 1000
SEED = 6


# [day]
def ask(cache, page):
    found = cache.lookup(f'page:{page}') is not None
    if not found:
        cache.set(f'page:{page}', 'the text of the page')
    return found


def measure(policy, maxsize):
    cache = AsyncCache(maxsize=maxsize, eviction_policy=policy)
    popularity = Popularity(N_PAGES, SEED)
    n_hits = 0

    for hour in range(24):
        for _ in range(READERS_AN_HOUR):
            n_hits += ask(cache, (popularity.draw() + 7 * hour) % N_PAGES)

        if hour % 12 == 3:
            for page in range(N_PAGES):
                ask(cache, page)

    return 100 * n_hits / (24 * READERS_AN_HOUR)
# [/day]


print('entries   least recently used   S3-FIFO')
for size in (10, 20, 50, 100, 200, 300, 500, 1000, 1500, 2000):
    print(f'{size:7}   {measure("lru", size):17.1f} %   {measure("s3-fifo", size):5.1f} %')
