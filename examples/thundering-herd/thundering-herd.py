#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A page that many people open at once wants a figure that takes long to work out: which products of
a category sold best, of all orders.  Without a cache each of them asks the database.  With one that
merely remembers, all who come before the first answer would still do so.  Here they wait for the
one question that is being asked already.

    thundering-herd.py [SHOP.DB]
"""
import asyncio
import sys
import time

from libcache import AsyncCache
from shop_db import ShopDb, shop_path

N_CALLERS = 100


async def without_a_cache(db):
    before, start = db.n_queries, time.perf_counter()
    answers = await asyncio.gather(*(db.get_best_sellers('garden') for _ in range(N_CALLERS)))

    print(f'Without a cache: {N_CALLERS} callers at once')
    print(f'  answered {len(answers)}, queries {db.n_queries - before}')
    print(f'  time: {1000 * (time.perf_counter() - start):.1f} ms\n')


async def with_a_cache(cache, db, category, first_leaves):
    """Starts the gets and, when told so, takes the first caller away before there is an answer."""
    before, start = db.n_queries, time.perf_counter()

    # [herd]
    async def load_best_sellers():
        return await db.get_best_sellers(category)

    callers = [asyncio.create_task(cache.get(f'best-sellers:{category}', loader=load_best_sellers))
               for _ in range(N_CALLERS)]
    # [/herd]

    if first_leaves:
        # Once around the loop, and all have asked.
        await asyncio.sleep(0)
        callers[0].cancel()

    answers = await asyncio.gather(*callers, return_exceptions=True)
    n_cancelled = sum(isinstance(answer, asyncio.CancelledError) for answer in answers)
    # Everyone is given the same object: a hit is a reference and never a copy.
    n_answered = sum(answer is answers[-1] for answer in answers)
    n_queries = db.n_queries - before

    print(f'  answered {n_answered}, cancelled {n_cancelled}, queries {n_queries}')
    print(f'  time: {1000 * (time.perf_counter() - start):.1f} ms\n')
    return n_queries == 1 and n_answered + n_cancelled == N_CALLERS and n_cancelled == first_leaves


async def main():
    db = ShopDb(shop_path())
    cache = AsyncCache(maxsize=1000, default_ttl=300)

    await without_a_cache(db)

    print(f'With a cache: {N_CALLERS} callers at once')
    right = await with_a_cache(cache, db, 'garden', False)

    print('What they were told')
    for product in await cache.get('best-sellers:garden'):
        print(f'  {product["sold"]:4}  {product["name"]}')
    print()

    # The load belongs to everyone who waits for it, not to the one who happened to start it.
    print('Once more, and the caller who came first leaves before the answer')
    right &= await with_a_cache(cache, db, 'kitchen', True)

    metrics = cache.get_metrics()
    print(f"Metrics: {metrics.misses} misses, of which {metrics.coalesced} joined a load of somebody else's; "
          f'{metrics.loads} loads')
    return right and metrics.loads == 2


sys.exit(0 if asyncio.run(main()) else 1)
