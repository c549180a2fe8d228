#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The decorator API on a shop's database: a function is decorated once, then it is called with its
arguments, and nobody makes keys by hand.

    quick-start-decorator-api.py [SHOP.DB]

How often the database was asked is SQLite's own figure.  The program fails when that is not what
it says, or when an answer is not the one in the database.
"""
import asyncio
import sys

from libcache import AsyncLRU, AsyncTTL
from shop_db import ShopDb, shop_path

TOKEN = '0012252d6fee085b'

all_right = True
db = ShopDb(shop_path())


# [quick-start]
@AsyncLRU(maxsize=128, name='get_user')
async def get_user(user_id):
    return await db.get_user(user_id)
# [/quick-start]


# [time-to-live]
@AsyncTTL(time_to_live=60, name='get_session')
async def get_session(token):
    return await db.get_session(token)
# [/time-to-live]


# It shares the cache of get_user(); what keeps their answers apart is the name.
@AsyncLRU(cache=get_user.cache, name='find_user')
async def find_user(user_id):
    """Takes the number of a user, or the text of it as it stands in an address."""
    return await db.get_user(int(user_id))


async def call(function, argument, column, name, n_expected):
    """Calls a function, says what that cost, and compares it with what it should."""
    global all_right
    before = db.n_queries
    row = await function(argument)
    n_queries = db.n_queries - before

    print(f'  {function.key(argument):36} {row[column]:14} queries: {n_queries}')
    all_right &= row[column] == name and n_queries == n_expected


def print_metrics(function):
    metrics = function.get_metrics()
    print(f'  {function.__name__:12} hits {metrics.hits}, misses {metrics.misses}, loads {metrics.loads}, '
          f'size {metrics.size}, hit rate {100 * metrics.hit_rate:.1f} %')


async def main():
    # [quick-start]
    user = await get_user(42)
    print(f'{user["name"]}, welcome to the shop!')
    # [/quick-start]

    print('\nOther arguments are another call, the same ones are not')
    await call(get_user, 42, 'name', 'Amira Petrov', 0)
    await call(get_user, 7, 'name', 'Chen Brandt', 1)
    await call(get_user, 7, 'name', 'Chen Brandt', 0)

    print('\nA function whose answers are good for 60 s')
    await call(get_session, TOKEN, 'user_name', 'Sofia Nagy', 1)
    await call(get_session, TOKEN, 'user_name', 'Sofia Nagy', 0)

    print('\nThe name of the function is a part of the key, and so is the type of an argument')
    await call(find_user, 42, 'name', 'Amira Petrov', 1)
    await call(find_user, '42', 'name', 'Amira Petrov', 1)
    await call(find_user, '42', 'name', 'Amira Petrov', 0)
    await call(get_user, 42, 'name', 'Amira Petrov', 0)

    print('\nMetrics; those of get_user are of the cache that find_user shares')
    print_metrics(get_user)
    print_metrics(get_session)

    n_loads = get_user.get_metrics().loads + get_session.get_metrics().loads
    print(f'\n{n_loads} loads, and the database ran {db.n_queries} queries')
    return all_right and n_loads == db.n_queries


sys.exit(0 if asyncio.run(main()) else 1)
