#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Two tiers: every process has its own memory, and all share what is in Redis.

    two-tiers.py [SHOP.DB]

The program starts a Redis server of its own, and runs itself again and again: each time it is a new
process with an empty memory. Then the server is stopped, and started again.
"""
import asyncio
import subprocess
import sys
import tempfile

from libcache import AsyncCache, Error, RedisBackend
from redis_server import redis_server
from shop_db import ShopDb, shop_path

N_USERS = 200


# --- one run ---

async def run(uri):
    db = ShopDb(shop_path())

    # [remote]
    cache = AsyncCache(maxsize=1000, default_ttl=3600, remote_cache=RedisBackend(uri))
    # [/remote]

    # All at once.
    users = await asyncio.gather(*(cache.get(f'user:{number}', loader=lambda number=number: db.get_user(number))
                                   for number in range(1, N_USERS + 1)))
    n_users = sum(user['id'] == i for i, user in enumerate(users, 1))
    print(f'  users: {n_users}, queries of the database: {db.n_queries}, '
          f'found in Redis: {cache.get_metrics().remote_hits}')

    # Waits until Redis has what was loaded. Where it is away nothing is on its way there.
    try:
        await cache.close()
    except Error:
        print('  Redis did not get what was loaded')
    return n_users == N_USERS


# --- the story ---

def run_process(uri, title):
    print(title, flush=True)
    # That Redis is away is on the standard error, too.
    subprocess.run([sys.executable, __file__, shop_path(), uri], check=True, stderr=subprocess.DEVNULL)


def main():
    if len(sys.argv) > 2:
        return asyncio.run(run(sys.argv[2]))

    with tempfile.TemporaryDirectory(prefix='two-tiers-') as folder:
        uri = f'redis+unix://{folder}/redis.sock'

        with redis_server(folder):
            run_process(uri, 'The first process: Redis has nothing yet')
            run_process(uri, '\nAnother process: what the first has loaded is there')

        run_process(uri, '\nRedis is stopped: a get costs its loader, and nothing else')

        with redis_server(folder):
            run_process(uri, '\nRedis runs again, and is empty')
            run_process(uri, '\nAnd the next process finds everything there')
    return True


sys.exit(0 if main() else 1)
