#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""What a cache counts, one figure after another: each step does something and shows which counters
it moved.

    metrics.py [SHOP.DB]
"""
import asyncio
import sys

from libcache import MISS, AsyncCache, AsyncLRU, ManualClock
from settle import settle
from shop_db import ShopDb, shop_path

COUNTERS = ('hits', 'misses', 'coalesced', 'loads', 'load_failures', 'evictions', 'expirations', 'invalidations', 'size')


class Story:
    """Does something with products, and shows what that has moved."""

    def __init__(self, db, clock):
        self.db = db
        # Room for three entries only, so that there is something to evict.
        self.cache = AsyncCache(maxsize=3, default_ttl=300, clock=clock)
        self.metrics = self.cache.get_metrics()

    async def load_product(self, number):
        if not number.isdigit():
            raise ValueError(f'product:{number} has no number')
        product = await self.db.get_product(int(number))
        # None would be a value like others, and be kept.
        return product if product else MISS

    async def get(self, number):
        return await self.cache.get(f'product:{number}', loader=lambda: self.load_product(number))

    async def print_product(self, number):
        try:
            product = await self.get(number)
            said = product['name'] if product else '(no such product)'
        except ValueError as error:
            said = error
        print(f'  {f"product:{number}":12} {said}')

    # [snapshots]
    def print_moved(self):
        """A snapshot does not change any more, so two of them show what happened in between."""
        before, self.metrics = self.metrics, self.cache.get_metrics()
        for counter in COUNTERS:
            old, new = getattr(before, counter), getattr(self.metrics, counter)
            if old != new:
                print(f'    {counter.replace("_", " "):14} {old:3} -> {new}')
        print(f'    hit rate       {self.metrics.hit_rate:.3f}\n')
    # [/snapshots]


async def count_for_a_function(db):
    before = db.n_queries

    # [decorator]
    @AsyncLRU(maxsize=128)
    async def get_product(product_id):
        return await db.get_product(product_id)
    # [/decorator]

    for i in range(4):
        await get_product(i % 2 + 1)

    print('\nA decorated function has figures of its own: two products, each twice')
    # [decorator]
    metrics = get_product.get_metrics()
    print(f'  hits {metrics.hits}, misses {metrics.misses}, size {metrics.size}, hit rate {metrics.hit_rate:.3f}')
    # [/decorator]
    n_queries = db.n_queries - before
    print(f'  loads {metrics.loads}, and the database ran {n_queries} queries')
    return metrics.hits == metrics.misses == metrics.size == metrics.loads == n_queries == 2


async def main():
    db = ShopDb(shop_path())
    # Time is moved by hand here, so nobody has to wait for it; see ttl-and-invalidation.
    clock = ManualClock()
    story = Story(db, clock)

    print('A product that is not in the cache')
    await story.print_product('1')
    story.print_moved()

    print('The same again')
    await story.print_product('1')
    story.print_moved()

    print('Three callers at once of one that is not: one loads, two join')
    await asyncio.gather(*(story.get('2') for _ in range(3)))
    story.print_moved()

    print('One that the shop does not have: the loader says so, and nothing is kept')
    await story.print_product('9999')
    story.print_moved()

    print('A key that makes no sense: the loader fails')
    await story.print_product('x')
    story.print_moved()

    print('Two more, and there is room for three: the least recent has to go')
    await story.print_product('3')
    await story.print_product('4')
    story.print_moved()

    print('One is deleted')
    story.cache.delete('product:4')
    story.print_moved()

    print('Ten minutes later the others have expired')
    clock.advance(600)
    await settle()
    story.print_moved()
    n_loads = story.metrics.loads

    print('The counters are set to zero')
    story.cache.reset_metrics()
    story.print_moved()

    print(f'The database ran {db.n_queries} queries for {n_loads} loads; '
          'the key that made no sense did not get that far')
    right = db.n_queries == 5 and n_loads == 6 and story.metrics.loads == 0
    return await count_for_a_function(db) and right


sys.exit(0 if asyncio.run(main()) else 1)
