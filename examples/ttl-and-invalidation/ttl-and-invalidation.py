#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""How long an entry stays, and how to get rid of it before: the cache's default of 300 s, an entry
with an hour of its own, one that stays for ever; then delete, a tag, clear.

Time comes from a clock that is moved by hand, as it would in a program's own tests: hours pass here
without anyone waiting.

    ttl-and-invalidation.py [SHOP.DB]
"""
import asyncio
import sys

from libcache import AsyncCache, ManualClock
from shop_db import ShopDb, shop_path

NUMBERS = (7, 8, 9)

all_right = True


async def get_all(cache, db):
    global all_right
    for number in NUMBERS:
        # [tags]
        # The tag is what makes it possible to drop a whole category later on.
        product = await cache.get(f'product:{number}', loader=lambda: db.get_product(number),
                                  tags=['category:kitchen'])
        # [/tags]
        all_right &= isinstance(product, str) or product['category'] == 'kitchen'


def expect(cache, when, expected):
    """Says which of the keys are there, one letter a key, and compares it with what should be."""
    global all_right
    found = ''.join(str(number) if f'product:{number}' in cache else '-' for number in NUMBERS)
    print(f'  {when:42} {found}')
    all_right &= found == expected


async def main():
    db = ShopDb(shop_path())
    clock = ManualClock()

    # [default]
    cache = AsyncCache(maxsize=1000, default_ttl=300, clock=clock)
    # [/default]

    print("Nobody says how long: the cache's 300 s")
    await get_all(cache, db)
    expect(cache, 'at once', '789')
    clock.advance(299.999999)
    expect(cache, 'a microsecond before 300 s are over', '789')
    clock.advance(0.000001)
    expect(cache, '300 s after it was loaded', '---')

    print('\nproduct:8 is set with 3600 s, product:9 for ever')
    await get_all(cache, db)

    # [set]
    cache.set('product:8', 'on offer for an hour', ttl=3600)
    cache.set('product:9', 'out of stock for good', ttl=None)
    # [/set]

    expect(cache, 'at once', '789')
    clock.advance(300)
    expect(cache, 'after 300 s', '-89')
    clock.advance(3300)
    expect(cache, 'after 3600 s', '--9')
    clock.advance(10 * 365.25 * 86400)
    expect(cache, 'after ten years', '--9')

    print('\nGone before their time')
    cache.clear()
    await get_all(cache, db)
    expect(cache, 'all loaded anew', '789')
    # [invalidation]
    cache.delete('product:7')
    # [/invalidation]
    expect(cache, 'product:7 deleted', '-89')
    # [invalidation]
    cache.invalidate_tags('category:kitchen')
    # [/invalidation]
    expect(cache, 'the tag category:kitchen invalidated', '---')

    await get_all(cache, db)
    cache.set('product:8', 'without a tag')
    expect(cache, 'all there again, product:8 has no tag', '789')
    cache.invalidate_tags('category:kitchen')
    expect(cache, 'the tag category:kitchen invalidated', '-8-')
    # [invalidation]
    cache.clear()
    # [/invalidation]
    expect(cache, 'everything cleared', '---')

    n_loads = cache.get_metrics().loads
    print(f'\n{n_loads} loads, and the database ran {db.n_queries} queries')
    return all_right and n_loads == db.n_queries


sys.exit(0 if asyncio.run(main()) else 1)
