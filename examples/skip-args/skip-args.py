#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""What a function is called with but does not depend on: the number of the request, for the log, or
the object whose method it is.  As a part of the key it would make every call another one, and nothing
would ever be found again.

Time comes from a clock that is moved by hand.

    skip-args.py [SHOP.DB]
"""
import asyncio
import logging
import sys

from libcache import AsyncLRU, AsyncTTL, ManualClock
from shop_db import ShopDb, shop_path
from shop_repository import ShopRepository

N_REQUESTS = 10
USER = 42
TOKEN = '0012252d6fee085b'

all_right = True
clock = ManualClock()


# repository.get_user(id) and repository.get_session(token): what to ask is the object.
class Repository(ShopRepository):
    # [method]
    @AsyncLRU(maxsize=128, skip_args=1, name='get_user')
    async def get_user(self, user_id):
        return await self.ask().get_user(user_id)
    # [/method]

    # [time-to-live]
    @AsyncTTL(time_to_live=60, skip_args=1, clock=clock)
    async def get_session(self, token):
        return await self.ask().get_session(token)
    # [/time-to-live]


def expect(what, n, n_expected):
    global all_right
    print(f'  {what:40} {n:2}')
    all_right &= n == n_expected


def check(row, column, name):
    global all_right
    all_right &= row is not None and row[column] == name


async def serve_requests(db, skip_args, n_expected):
    before = db.n_queries

    # [skip-args]
    @AsyncLRU(maxsize=128, skip_args=skip_args, name='get_user')
    async def get_user(request, user_id):
        logging.debug('request %d reads user %d', request, user_id)
        return await db.get_user(user_id)
    # [/skip-args]

    for request in range(1, N_REQUESTS + 1):
        check(await get_user(request, USER), 'name', 'Amira Petrov')

    print(f'  {"kept under":40} {get_user.key(1, USER)}')
    expect('queries for ten requests', db.n_queries - before, n_expected)
    expect('answers in memory', get_user.get_metrics().size, n_expected)


async def call_methods(db):
    before = db.n_queries
    repositories = [Repository(db) for _ in range(N_REQUESTS)]

    # [method]
    for repository in repositories:
        user = await repository.get_user(USER)
        # [/method]
        check(user, 'name', 'Amira Petrov')

    print('\nThe method of an object: ten repositories, one of them for each request')
    print(f'  {"kept under":40} {repositories[0].get_user.key(USER)}')
    expect('queries for ten requests', db.n_queries - before, 1)
    expect('of these by the first repository', repositories[0].n_asked, 1)
    expect('by the nine others', sum(repository.n_asked for repository in repositories[1:]), 0)


async def let_answers_expire(db):
    print('\nThe method get_session, whose answers are good for 60 s: queries by a new repository')
    for seconds, when, n_queries in ((0, 'at first', 1), (59.999999, 'a microsecond before 60 s are over', 0),
                                     (0.000001, '60 s after it was read', 1), (0, 'at once after that', 0)):
        repository = Repository(db)
        clock.advance(seconds)
        check(await repository.get_session(TOKEN), 'user_name', 'Sofia Nagy')
        expect(when, repository.n_asked, n_queries)


async def main():
    db = ShopDb(shop_path())

    print('The number of the request is an argument like the others')
    await serve_requests(db, 0, N_REQUESTS)

    print('\nThe first argument is left out of the key')
    await serve_requests(db, 1, 1)

    await call_methods(db)
    await let_answers_expire(db)

    print(f'\nThe database ran {db.n_queries} queries')
    return all_right and db.n_queries == N_REQUESTS + 1 + 1 + 2


sys.exit(0 if asyncio.run(main()) else 1)
