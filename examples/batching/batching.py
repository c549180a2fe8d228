#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A page lists eighty orders and wants the name of the customer of each.  Who asks for them one by one
makes eighty queries.  A batch loader is asked once for all keys that come up within a few
milliseconds, and makes one query with WHERE id IN (...).

Time comes from a clock that is moved by hand, so it is certain what happens before the window closes
and what after.

    batching.py [SHOP.DB]
"""
import asyncio
import sys

from libcache import MISS, AsyncCache, Error, ManualClock
from settle import settle
from shop_db import ShopDb, shop_path

N_ORDERS = 80
N_MANY = 250
N_FULL = 200    # those of them that two full batches have room for
MISSING = 9999


def id_of(key):
    return int(key.removeprefix('user:'))


class Story:
    """Gets users, in batches or not."""

    def __init__(self, db):
        self.db = db
        self.clock = ManualClock()
        self.right = True
        self.cache = self.new_cache()

    def new_cache(self):
        # What a cache does unless it is told otherwise; written down since the story depends on it.
        return AsyncCache(maxsize=1000, clock=self.clock, batch_window_ms=5, max_batch_size=100)

    async def let_time_pass(self, seconds):
        self.clock.advance(seconds)
        await settle()

    def expect(self, what, n, n_expected):
        print(f'  {what:42} {n:3}')
        self.right &= n == n_expected

    # [batch-loader]
    async def load_users(self, keys):
        """Answers with what there is; who is left out is not found."""
        users = await self.db.get_users([id_of(key) for key in keys])
        return {f'user:{user["id"]}': user for user in users}
    # [/batch-loader]

    # [say-what-is-missing]
    async def load_users_or_miss(self, keys):
        """Goes through the keys and not through the rows, and so knows what is missing."""
        users = await self.load_users(keys)
        return {key: users.get(key, MISS) for key in keys}

    async def load_users_or_none(self, keys):
        """The same, and what is missing is known to be, and kept."""
        users = await self.load_users(keys)
        return {key: users.get(key) for key in keys}
    # [/say-what-is-missing]

    # [batching]
    def start_gets(self, first_user, n_gets):
        return [asyncio.ensure_future(self.cache.get(f'user:{i}', batch_loader=self.load_users))
                for i in range(first_user, first_user + n_gets)]
    # [/batching]

    @staticmethod
    async def finish_gets(first_user, gets):
        """For how many of the gets there is the right user."""
        users = await asyncio.gather(*gets)
        return sum(user['id'] == first_user + i for i, user in enumerate(users))


async def without_batches(story):
    cache, db = AsyncCache(maxsize=1000), story.db
    before = db.n_queries

    print('One query for each customer')
    gets = [cache.get(f'user:{i}', loader=lambda i=i: db.get_user(i)) for i in range(1, N_ORDERS + 1)]
    story.expect('answered', await story.finish_gets(1, gets), N_ORDERS)
    story.expect('queries', db.n_queries - before, N_ORDERS)


async def with_batches(story):
    before = story.db.n_queries

    print('\nThe same with a batch loader')
    gets = story.start_gets(1, N_ORDERS)
    await settle()
    await story.let_time_pass(0.004999)
    story.expect('batches after 4.999 ms', story.cache.get_metrics().batches, 0)
    await story.let_time_pass(0.000001)
    story.expect('answered after 5 ms', await story.finish_gets(1, gets), N_ORDERS)
    story.expect('queries', story.db.n_queries - before, 1)

    print('\nWho hits does not wait for the window of somebody else')
    miss, hit = story.start_gets(500, 1), story.start_gets(1, 1)
    story.expect('user:1, which is there: answered', await story.finish_gets(1, hit), 1)
    story.expect('user:500, which is not: answered', miss[0].done(), 0)
    await story.let_time_pass(0.005)
    story.expect('user:500 after 5 ms: answered', await story.finish_gets(500, miss), 1)


async def with_full_batches(story):
    before = story.db.n_queries

    print(f'\n{N_MANY} at once, and a batch has room for 100: who is full does not wait')
    gets = story.start_gets(1001, N_MANY)
    story.expect('answered before the window closes', await story.finish_gets(1001, gets[:N_FULL]), N_FULL)
    story.expect('queries', story.db.n_queries - before, 2)
    await story.let_time_pass(0.005)
    story.expect('answered when it has', await story.finish_gets(1001 + N_FULL, gets[N_FULL:]), N_MANY - N_FULL)
    story.expect('queries', story.db.n_queries - before, 3)


async def with_one_missing(story, how, loader, expected, n_queries_expected):
    """Asks for two users and, between them, for one that nobody knows; then for that one again."""
    cache = story.new_cache()
    before = story.db.n_queries

    for _ in range(2):
        gets = asyncio.gather(*(cache.get(f'user:{number}', batch_loader=loader, default='a miss')
                                for number in (1, MISSING, 2)), return_exceptions=True)
        await settle()
        await story.let_time_pass(0.005)
        first, answer, second = await gets
        story.right &= first['id'] == 1 and second['id'] == 2

    if isinstance(answer, Error) and answer.code == Error.NOT_FOUND:
        answer = 'an error: not found'
    elif answer is None:
        answer = 'a hit: nothing'
    n_queries = story.db.n_queries - before
    print(f'  {how:22} asked twice: {answer:21} queries {n_queries}')
    story.right &= answer == expected and n_queries == n_queries_expected


async def main():
    db = ShopDb(shop_path())
    story = Story(db)

    await without_batches(story)
    before = db.n_queries
    await with_batches(story)
    await with_full_batches(story)

    metrics = story.cache.get_metrics()
    print('\nMetrics of this cache')
    story.expect('loads: keys that were asked for', metrics.loads, N_ORDERS + 1 + N_MANY)
    story.expect('batches: how often the function was called', metrics.batches, 5)
    story.expect("queries by the database's own counter", db.n_queries - before, 5)

    print(f'\nuser:{MISSING} does not exist; the others of its batch do, and get their answers')
    await with_one_missing(story, 'left out:', story.load_users, 'an error: not found', 2)
    await with_one_missing(story, 'no entry:', story.load_users_or_miss, 'a miss', 2)
    await with_one_missing(story, 'an entry of nothing:', story.load_users_or_none, 'a hit: nothing', 1)

    return story.right


sys.exit(0 if asyncio.run(main()) else 1)
