#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The function API on a shop's database: get a key with a loader, warm up, look at the metrics, and
see what a hundred callers of one key cost.

    quick-start-function-api.py [SHOP.DB]

How often the database was asked is SQLite's own figure.  The program fails when that and the
cache's differ, when a value is not the one in the database, or when a get fails.
"""
import asyncio
import sys
import time

from libcache import AsyncCache, WarmupError
from shop_db import ShopDb, ShopError, shop_path

FIRST_USER = 101
N_USERS = 500
HERD_USER = 1815
N_HERD = 100


async def quick_start(db):
    """What a program does that wants to greet a user."""
    # [quick-start]
    cache = AsyncCache(maxsize=1000, default_ttl=300)

    user = await cache.get('user:42', loader=lambda: db.get_user(42))
    print(f'{user["name"]}, welcome to the shop!')
    # [/quick-start]
    return cache, user


class Story:
    """Gets users, and counts what comes."""

    def __init__(self, cache, db, witness):
        self.cache = cache
        self.db = db
        self.witness = witness    # reads the same file, but is not counted
        self.n_gets = 0
        self.n_failed = 0
        self.n_wrong = 0

    async def get(self, number):
        """A user through the cache."""
        self.n_gets += 1
        try:
            return await self.cache.get(f'user:{number}', loader=lambda: self.db.get_user(number))
        except ShopError as error:
            print(f'a get failed: {error}', file=sys.stderr)
            self.n_failed += 1
            return None

    async def check(self, number, user):
        """Compares an answer with what the database says, asked behind the cache's back."""
        if user is None or user != await self.witness.get_user(number):
            print(f'user:{number} is not what the database says', file=sys.stderr)
            self.n_wrong += 1

    def print_cost(self, n_gets, queries_before):
        print(f'  gets: {n_gets}, queries of the database: {self.db.n_queries - queries_before}')

    async def warm_up(self):
        print('Warm-up of user:1')
        before = self.db.n_queries
        try:
            await self.cache.warmup({'user:1': lambda: self.db.get_user(1)})
        except WarmupError as error:
            print(f'the warm-up failed: {error}', file=sys.stderr)
            self.n_failed += 1
        self.print_cost(0, before)

        # Without a loader nothing is loaded.
        user = await self.cache.get('user:1')
        await self.check(1, user)
        print(f'  a look-up: {"it is in memory" if user else "it is not there"}\n')

    async def go_through(self, title):
        """Asks for some hundred users, one after another."""
        numbers = range(FIRST_USER, FIRST_USER + N_USERS)
        before, start = self.db.n_queries, time.perf_counter()
        users = [await self.get(number) for number in numbers]
        elapsed = 1000 * (time.perf_counter() - start)

        print(f'{title}: users {numbers[0]} to {numbers[-1]}, one after another')
        self.print_cost(N_USERS, before)
        print(f'  time: {elapsed:.1f} ms\n')
        for number, user in zip(numbers, users):
            await self.check(number, user)

    def print_metrics(self):
        metrics = self.cache.get_metrics()
        print('Metrics of the cache so far')
        print(f'  hits         {metrics.hits:4}')
        print(f'  misses       {metrics.misses:4}')
        print(f'  coalesced    {metrics.coalesced:4}')
        print(f'  loads        {metrics.loads:4}')
        print(f'  load errors  {metrics.load_failures:4}')
        print(f'  evictions    {metrics.evictions:4}')
        print(f'  size         {metrics.size:4}')
        print(f'  hit rate     {100 * metrics.hit_rate:4.1f} %\n')

    async def herd(self):
        """Many ask for one user, all at once."""
        before, queries_before = self.cache.get_metrics(), self.db.n_queries
        users = await asyncio.gather(*(self.get(HERD_USER) for _ in range(N_HERD)))
        for user in users:
            await self.check(HERD_USER, user)

        print(f'Herd: {N_HERD} gets of user:{HERD_USER} at once, which nobody had loaded')
        self.print_cost(N_HERD, queries_before)
        after = self.cache.get_metrics()
        # The database is quick: it may have the user before the last callers have asked.
        print('  joined the load that was under way, or came right after it: '
              f'{after.coalesced - before.coalesced + after.hits - before.hits}\n')

    def conclude(self):
        """Whether all is as it should be."""
        n_queries, n_loads = self.db.n_queries, self.cache.get_metrics().loads
        print('In all')
        print(f'  gets: {self.n_gets} and a look-up; failed: {self.n_failed}; wrong values: {self.n_wrong}')
        print(f"  queries by the database's own counter: {n_queries}")
        print(f'  loads by the metrics of the cache: {n_loads}, '
              f'{"the same" if n_queries == n_loads else "WHICH IS NOT THE SAME"}')
        return n_queries == n_loads and self.n_failed == 0 and self.n_wrong == 0


async def main():
    db = ShopDb(shop_path())
    cache, user = await quick_start(db)

    story = Story(cache, db, ShopDb(db.path))
    story.n_gets = 1
    await story.check(42, user)
    print()

    await story.warm_up()
    await story.go_through('Cold pass')
    await story.go_through('Warm pass')
    story.print_metrics()
    await story.herd()
    return story.conclude()


sys.exit(0 if asyncio.run(main()) else 1)
