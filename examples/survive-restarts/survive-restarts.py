#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A cache that survives a restart: what one process has loaded the next one finds on the disk.

    survive-restarts.py SHOP.DB

The program runs itself three times, one after another, over one file; each time it is a new
process with an empty memory.  It does what survive-restarts.c does, and prints the same.
"""
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

import gi

gi.require_version('Memo', '1')
from gi.repository import GLib, Memo  # noqa: E402

N_USERS = 200


# --- one run ---

class Shop:
    """The users of the shop, one query each."""

    def __init__(self, path):
        self.database = sqlite3.connect(f'file:{path}?mode=ro', uri=True)
        self.n_queries = 0

    def load_user(self, call, _data):
        """Answers a call with a user."""
        try:
            number = int(call.get_key().removeprefix('user:'))
            row = self.database.execute('SELECT name FROM users WHERE id = ?', (number,)).fetchone()
            self.n_queries += 1
            call.return_entry(Memo.Entry.new_string(row[0]) if row else None)
        except Exception as error:  # pylint: disable=broad-except
            call.return_error(GLib.Error.new_literal(Memo.Error.quark(), str(error), Memo.Error.FAILED))


def wait(results, n):
    """Turns the main loop until there are so many results."""
    while len(results) < n:
        GLib.MainContext.default().iteration(True)


def get_users(cache, loader):
    """Asks for all users at once, and says how many came."""
    results = []
    for number in range(1, N_USERS + 1):
        cache.get_async(f'user:{number}', Memo.GetFlags.NONE, loader, None,
                        lambda cache, result: results.append(cache.get_finish(result)))
    wait(results, N_USERS)
    return sum(entry is not None for entry in results)


def run(shop_path, uri, change):
    """One process."""
    shop = Shop(shop_path)

    # [backup]
    cache = Memo.AsyncCache(maxsize=1000, default_ttl=3600.0, backup=Memo.Backend.new_for_uri(uri))
    # [/backup]

    n_users = get_users(cache, Memo.Loader.new(shop.load_user, None))
    found = cache.get_metrics().backup_hits
    print(f'  users: {n_users}, queries of the database: {shop.n_queries}, found on the disk: {found}')

    done = []
    if change:
        # Acknowledged means that it is gone from the disk, too, and stays so.
        cache.delete_async('user:42', None, lambda cache, result: done.append(cache.delete_finish(result)))
        wait(done, 1)
        print('  user 42 has moved: deleted from the memory and from the disk')

    # [close]
    # What was loaded is written in the background: closing waits for that.
    closed = []
    cache.close_async(None, lambda cache, result: closed.append(cache.close_finish(result)))
    wait(closed, 1)
    # [/close]


# --- the story ---

def run_again(shop, uri, change):
    """A new process."""
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__, shop, uri, change], check=True)


def main():
    """Three runs."""
    if len(sys.argv) > 3:
        run(sys.argv[1], sys.argv[2], sys.argv[3] == 'change')
        return

    shop = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix='survive-restarts-') as folder:
        uri = f'disk://{pathlib.Path(folder)}/memo/shop.db'
        print('The first run: there is nothing on the disk yet')
        run_again(shop, uri, '')
        print('\nThe second run, a new process: nothing is loaded again')
        run_again(shop, uri, 'change')
        print('\nThe third run: what was deleted is loaded, and nothing else')
        run_again(shop, uri, '')


main()
