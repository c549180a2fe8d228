# SPDX-License-Identifier: CC0-1.0
"""The readers of this chapter's programs, and the database that they ask."""
import asyncio

from popularity import Popularity
from slow_source import SlowSource

N_PAGES = 2000
SEED = 8


def database():
    # It answers at once, so that there is nothing to simulate.
    return SlowSource(asyncio, latency=0)


def popularity():
    return Popularity(N_PAGES, SEED)


async def come(cache, source, drawn, n_readers):
    """So many readers, one after another, each with a page."""
    for _ in range(n_readers):
        key = f'page:{drawn.draw()}'
        await cache.get(key, loader=source.loader(key))
