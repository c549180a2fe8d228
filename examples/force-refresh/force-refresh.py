#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A price changes in the database while the cache still has the old one for some minutes.  A forced
refresh gets the new one at once; the old one stays until it is there, and stays where it is if it
cannot be had.  It is the same argument for a get and for the call of a decorated function.

Since prices change here, the program works on a copy of the shop.

    force-refresh.py [SHOP.DB]
"""
import asyncio
import sys

from libcache import AsyncCache, AsyncTTL
from shop_db import ShopDb, ShopError, shop_path

KEY = 'product:42'


def price_of(product):
    return product['price_cents'] if product else -1


def print_price(who, cents):
    print(f'  {who:26} {cents // 100}.{cents % 100:02}')


async def ask(who, get):
    """Gets the product, says what came of it, and gives the price, or -1."""
    try:
        cents = price_of(await get)
    except ShopError as error:
        print(f'  {who:26} {error}')
        return -1
    print_price(who, cents)
    return cents


async def tell(db):
    """The story itself; says whether it went as it should."""
    cache = AsyncCache(maxsize=1000, default_ttl=300)
    set_price = 'UPDATE products SET price_cents = ? WHERE id = 42'

    async def load_product():
        return await db.get_product(42)

    def get():
        return ask('a get:', cache.get(KEY, loader=load_product))

    def refresh():
        return ask('a get with a refresh:', cache.get(KEY, loader=load_product, use_cache=False))

    print(f'{KEY} is loaded')
    prices = [await get()]

    print('\nIts price falls to 119.90 in the database')
    db.execute(set_price, 11990)
    prices += [await get(), await refresh(), await get()]

    print('\nSomeone locks the database: a refresh fails, and the entry is as it was')
    db.execute('BEGIN EXCLUSIVE')
    db.execute(set_price, 9900)
    prices += [await refresh(), await get()]

    print('\nThe lock is gone and the price is 99.00; while a refresh is under way, the old entry serves')
    db.execute('COMMIT')

    # [refresh]
    refreshed = asyncio.create_task(cache.get(KEY, loader=load_product, use_cache=False))
    # [/refresh]
    await asyncio.sleep(0)

    during = price_of(await cache.get(KEY))
    print_price('a look-up meanwhile:', during)
    after = price_of(await refreshed)
    print_price('the get with a refresh:', after)
    prices += [during, after]

    metrics = cache.get_metrics()
    print(f'\n{metrics.loads} loads, of which {metrics.load_failures} failed; the database ran {db.n_queries} queries')
    return prices == [14850, 14850, 11990, 11990, -1, 11990, 11990, 9900] and metrics.loads == db.n_queries == 4


async def tell_decorated(db):
    """The same for a decorated function."""
    before = db.n_queries

    # [decorated]
    @AsyncTTL(time_to_live=300)
    async def get_product(product_id):
        return await db.get_product(product_id)
    # [/decorated]

    def call():
        return ask('a call:', get_product(42))

    print('\nA decorated function, good for 300 s; the price rises to 109.00 after the first call')
    prices = [await call()]
    db.execute('UPDATE products SET price_cents = 10900 WHERE id = 42')
    prices.append(await call())
    # [decorated]
    refreshed = get_product(42, use_cache=False)
    # [/decorated]
    prices += [await ask('a call with a refresh:', refreshed), await call()]

    n_loads, n_queries = get_product.get_metrics().loads, db.n_queries - before
    print(f'\n{n_loads} loads of the function; the database ran {n_queries} queries')
    return prices == [9900, 9900, 10900, 10900] and n_loads == n_queries == 2


async def main():
    with ShopDb.open_copy(shop_path()) as db:
        return await tell(db) and await tell_decorated(db)


sys.exit(0 if asyncio.run(main()) else 1)
