#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A cache that survives a restart: what one process has loaded the next one finds on the disk.

    survive-restarts.py [SHOP.DB]

The program runs itself three times, one after another, over one file; each time it is a new process
with an empty memory.
"""
import asyncio
import pathlib
import subprocess
import sys
import tempfile

from libcache import AsyncCache, DiskBackend
from shop_db import ShopDb, shop_path

N_USERS = 200


# --- one run ---

async def run(path, change):
    db = ShopDb(shop_path())

    # [backup]
    cache = AsyncCache(maxsize=1000, default_ttl=3600, backup=DiskBackend(path))
    # [/backup]

    # All at once.
    users = await asyncio.gather(*(cache.get(f'user:{number}', loader=lambda number=number: db.get_user(number))
                                   for number in range(1, N_USERS + 1)))
    n_users = sum(user['id'] == i for i, user in enumerate(users, 1))
    print(f'  users: {n_users}, queries of the database: {db.n_queries}, '
          f'found on the disk: {cache.get_metrics().backup_hits}')

    if change:
        # Acknowledged means that it is gone from the disk, too, and stays so.
        cache.delete('user:42')
        await cache.flush()
        print('  user 42 has moved: deleted from the memory and from the disk')

    # [close]
    # What was loaded is written in the background: closing waits for that.
    await cache.close()
    # [/close]
    return n_users == N_USERS


# --- the story ---

def run_again(path, change=''):
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, shop_path(), str(path), change], check=True)


def main():
    if len(sys.argv) > 3:
        return asyncio.run(run(sys.argv[2], sys.argv[3] == 'change'))

    with tempfile.TemporaryDirectory(prefix='survive-restarts-') as folder:
        path = pathlib.Path(folder) / 'memo' / 'shop.db'
        print('The first run: there is nothing on the disk yet')
        run_again(path)
        print('\nThe second run, a new process: nothing is loaded again')
        run_again(path, 'change')
        print('\nThe third run: what was deleted is loaded, and nothing else')
        run_again(path)
    return True


sys.exit(0 if main() else 1)
