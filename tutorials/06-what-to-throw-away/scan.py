#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Readers who like some pages better than others, and a robot that reads them all.

Neither waits for anything, so this uses the library itself, in place of the package for asyncio.
"""
import gi

gi.require_version('Memo', '1')

# pylint: disable=wrong-import-position
from gi.repository import Memo  # noqa: E402
from popularity import Popularity  # noqa: E402

N_PAGES = 2000
SEED = 6


# [ask]
def ask(cache, page):
    """Asks for a page, and keeps it if it was not there. Says whether it was."""
    found = cache.lookup(f'page:{page}') is not None
    if not found:
        cache.set(f'page:{page}', Memo.Entry.new_string('the text of the page'))
    return found
# [/ask]


def nobody(_cache):
    pass


# [robot]
def robot(cache):
    for page in range(1, N_PAGES + 1):
        ask(cache, page)


def robot_past_the_cache(cache):
    """Takes what is there, and leaves no trace."""
    for page in range(1, N_PAGES + 1):
        cache.peek(f'page:{page}')
# [/robot]


def tell(what, policy, visit):
    # [cache]
    cache = Memo.AsyncCache(maxsize=200, eviction_policy=policy)
    # [/cache]
    popularity = Popularity(N_PAGES, SEED)

    def readers(count):
        return sum(ask(cache, popularity.draw()) for _ in range(count))

    readers(10000)
    visit(cache)
    print(f'  {what:34} {readers(200):3} of 200')


print('10000 readers, then the robot, then 200 readers, of whom find their page')
tell('there was no robot', Memo.EvictionPolicy.LRU, nobody)
tell('there was one', Memo.EvictionPolicy.LRU, robot)
tell('it reads past the cache', Memo.EvictionPolicy.LRU, robot_past_the_cache)
tell('S3-FIFO, and it does not', Memo.EvictionPolicy.S3_FIFO, robot)
