# SPDX-License-Identifier: CC0-1.0
"""The shop's database, as a program would have one that knows nothing of caches.

The same as shop-db.c: a row comes back as a dictionary, by the names of its columns, and None is
that there is no such row.
"""
import asyncio
import contextlib
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import threading

# One user or many: their rows are the same.
SELECT_USERS = '''
    SELECT users.id, users.name, users.email, users.city,
           count (orders.id) AS orders,
           coalesce (sum (orders.quantity * products.price_cents), 0) AS spent_cents
      FROM users
      LEFT JOIN orders   ON orders.user_id = users.id
      LEFT JOIN products ON products.id = orders.product_id
     WHERE users.id {}
     GROUP BY users.id'''

SELECT_PRODUCT = 'SELECT id, name, category, price_cents, stock FROM products WHERE id = ?'

SELECT_SESSION = '''
    SELECT sessions.token, sessions.user_id, users.name AS user_name, sessions.expires
      FROM sessions JOIN users ON users.id = sessions.user_id
     WHERE sessions.token = ?'''

SELECT_BEST_SELLERS = '''
    SELECT products.id, products.name, sum (orders.quantity) AS sold
      FROM orders JOIN products ON products.id = orders.product_id
     WHERE products.category = ?
     GROUP BY products.id
     ORDER BY sold DESC, products.id
     LIMIT 5'''


def shop_path():
    """Where the shop is: what the program was told, or the one that was built with the examples."""
    if len(sys.argv) > 1:
        return sys.argv[1]
    if 'SHOP_DB' not in os.environ:
        sys.exit(f'Say where the shop.db is that was built: {sys.argv[0]} BUILD/examples/shop/shop.db, or run this in '
                 f'the shell of “meson devenv -C BUILD”')
    return os.environ['SHOP_DB']


class ShopError(Exception):
    """What the database complains about."""


class ShopDb:
    """Reads the shop: each query in a thread, over a connection of its own while it runs."""

    def __init__(self, path):
        self.path = path
        self.n_queries = 0
        self._idle = []
        self._lock = threading.Lock()
        self._writer = None
        self._give_back(self._take())

    @classmethod
    @contextlib.contextmanager
    def open_copy(cls, path):
        """The shop in a copy, where things may be changed."""
        with tempfile.TemporaryDirectory(prefix='shop-') as folder:
            copy = pathlib.Path(folder) / 'shop.db'
            shutil.copyfile(path, copy)
            yield cls(copy)

    def _take(self):
        """A connection that is idle, or another: there are as many as queries ever ran at once."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            # Who finds the database locked is told so at once.
            connection = sqlite3.connect(f'file:{self.path}?mode=ro', uri=True, timeout=0, check_same_thread=False)
        except sqlite3.Error as error:
            raise ShopError(f'{self.path}: {error}') from error
        connection.row_factory = sqlite3.Row
        # SQLite itself says that a statement began to run: the figure is the database's own.
        connection.set_trace_callback(self._count)
        return connection

    def _give_back(self, connection):
        with self._lock:
            self._idle.append(connection)

    def _count(self, _statement):
        with self._lock:
            self.n_queries += 1

    def _query(self, statement, *values):
        connection = self._take()
        try:
            return [dict(row) for row in connection.execute(statement, values)]
        except sqlite3.Error as error:
            raise ShopError(f'the shop: {error}') from error
        finally:
            self._give_back(connection)

    async def _rows(self, statement, *values):
        return await asyncio.to_thread(self._query, statement, *values)

    async def _row(self, statement, *values):
        rows = await self._rows(statement, *values)
        return rows[0] if rows else None

    async def get_user(self, id):
        """The user of a number, with how many orders there are."""
        return await self._row(SELECT_USERS.format('= ?'), id)

    async def get_users(self, ids):
        """The users who have one of the numbers, in one query."""
        return await self._rows(SELECT_USERS.format(f'IN ({", ".join("?" * len(ids))})'), *ids)

    async def get_product(self, id):
        """The product of a number."""
        return await self._row(SELECT_PRODUCT, id)

    async def get_session(self, token):
        """The session of a token, and whose it is."""
        return await self._row(SELECT_SESSION, token)

    async def get_best_sellers(self, category):
        """The five products of a category that sold best."""
        return await self._rows(SELECT_BEST_SELLERS, category)

    # --- how a shopkeeper changes something: over a connection of its own ---

    def execute(self, statement, *values):
        """Run a statement that changes something."""
        if self._writer is None:
            self._writer = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._writer.execute(statement, values)
        except sqlite3.Error as error:
            raise ShopError(f'the shop: {error}') from error

    async def set_email(self, id, email):
        """Set a user's address, which nobody else may have."""
        await asyncio.to_thread(self.execute, 'UPDATE users SET email = ? WHERE id = ?', email, id)

    async def give_orders(self, giver, taker):
        """Make all orders of one user those of another."""
        await asyncio.to_thread(self.execute, 'UPDATE orders SET user_id = ? WHERE user_id = ?', taker, giver)

    async def rename_city(self, city, name):
        """Give a city another name, for all who live there."""
        await asyncio.to_thread(self.execute, 'UPDATE users SET city = ? WHERE city = ?', name, city)
