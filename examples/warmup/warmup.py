#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A shop opens in the morning, and its first customers shall not be the ones who wait: the keys that
everybody needs are loaded at start-up, each with its own loader, all at once.  One of them cannot be
had, which does not keep the others.

    warmup.py [SHOP.DB]
"""
import asyncio
import sys

from libcache import AsyncCache, WarmupError
from shop_db import ShopDb, shop_path


async def load_offer(number):
    """The prices of the wholesaler come in a file of their own, which is not there yet."""
    wholesaler = ShopDb('/nowhere/wholesaler.db')
    return await wholesaler.get_product(number)


async def warm_up(cache, loaders, db):
    before = db.n_queries

    # [warm-up-and-report]
    try:
        await cache.warmup(loaders)
        print('  everything is here')
    except WarmupError as error:
        for key, failure in error.failures.items():
            print(f'  {key} is not: {failure}')
    # [/warm-up-and-report]

    print(f'  queries: {db.n_queries - before}\n')


async def look_up(cache, key):
    """Without a loader nothing is loaded."""
    found = await cache.get(key) is not None
    print(f'  {key:24} {"hit" if found else "miss"}')
    return found


async def main():
    db = ShopDb(shop_path())
    cache = AsyncCache(maxsize=1000, default_ttl=300)

    # [warmup]
    loaders = {
        'product:42': lambda: db.get_product(42),
        'session:0012252d6fee085b': lambda: db.get_session('0012252d6fee085b'),
        'best-sellers:lighting': lambda: db.get_best_sellers('lighting'),
        'offer:42': lambda: load_offer(42),
    }
    # [/warmup]

    print('At start-up, four keys, each with its own loader')
    await warm_up(cache, loaders, db)

    print('The first customers')
    n_hits = sum([await look_up(cache, key) for key in loaders])
    print()

    # What is fresh is left alone, so a warm-up may be repeated at any time.
    print('The same warm-up again')
    await warm_up(cache, loaders, db)

    metrics = cache.get_metrics()
    print(f"Metrics: {metrics.hits} hits and {metrics.misses} miss, which were the customers'; "
          f'{metrics.loads} loads, of which {metrics.load_failures} failed')
    return (n_hits == 3 and metrics.hits == 3 and metrics.misses == 1 and
            db.n_queries == 3 and metrics.loads == 5 and metrics.load_failures == 2)


sys.exit(0 if asyncio.run(main()) else 1)
