#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Readers who like some pages better than others, and a robot that reads them all."""
from libcache import AsyncCache
from popularity import Popularity

N_PAGES = 2000
SEED = 6


# [ask]
def ask(cache, page):
    """Asks for a page, and keeps it if it was not there. Says whether it was."""
    found = cache.lookup(f'page:{page}') is not None
    if not found:
        cache.set(f'page:{page}', 'the text of the page')
    return found
# [/ask]


def readers(cache, popularity, n_readers):
    """How many of the readers found their page."""
    return sum(ask(cache, popularity.draw()) for _ in range(n_readers))


def nobody(_cache):
    pass


# [robot]
def robot(cache):
    for page in range(1, N_PAGES + 1):
        ask(cache, page)
# [/robot]


# [past]
def robot_past_the_cache(cache):
    """Takes what is there, and leaves no trace."""
    for page in range(1, N_PAGES + 1):
        cache.peek(f'page:{page}')
# [/past]


def tell(what, policy, visit):
    # [cache]
    cache = AsyncCache(maxsize=200, eviction_policy=policy)
    # [/cache]
    popularity = Popularity(N_PAGES, SEED)

    # [tell]
    readers(cache, popularity, 10000)
    visit(cache)
    print(f'  {what:34} {readers(cache, popularity, 200):3} of 200')
    # [/tell]


print('10000 readers, then the robot, then 200 readers, of whom find their page')
tell('there was no robot', 'lru', nobody)
tell('there was one', 'lru', robot)
tell('it reads past the cache', 'lru', robot_past_the_cache)
tell('S3-FIFO, and it does not', 's3-fifo', robot)
