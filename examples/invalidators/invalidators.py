#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Users are read through a cache and changed in the database.  Who drops the cached read by hand before
the change has an old user for good, when somebody reads at the wrong moment.  An invalidator ties
the change to the read, and that cannot happen.

Nothing is left to chance: a change and a read can be held back until it is time for them.  Since
users change here, the program works on a copy of the shop.

    invalidators.py [SHOP.DB]
"""
import asyncio
import sys

from libcache import AsyncLRU, AsyncLRUInvalidator
from shop_db import ShopDb, ShopError, shop_path


class Gate:
    """Where something waits until it may go on."""

    def __init__(self):
        self.arrived = asyncio.Event()
        self.opened = asyncio.Event()

    async def pass_through(self):
        self.arrived.set()
        await self.opened.wait()


class Shop:
    """The read, the changes that are tied to it, and what the story knows of them."""

    def __init__(self, db):
        self.db = db
        self.right = True
        self.gate_of_next_read = None
        self.gate_of_held_change = Gate()

        @AsyncLRU(maxsize=128)
        async def get_user(user_id):
            user = await db.get_user(user_id)
            # A read that has asked the database, and waits until it may say what it was told.
            gate, self.gate_of_next_read = self.gate_of_next_read, None
            if gate:
                await gate.pass_through()
            return user

        # [update]
        @AsyncLRUInvalidator(get_user)
        async def update_user(user_id, email):
            await db.set_email(user_id, email)
        # [/update]

        @AsyncLRUInvalidator(get_user)
        async def update_user_later(user_id, email):
            """Waits until it may touch the database."""
            await self.gate_of_held_change.pass_through()
            await db.set_email(user_id, email)

        # [key-function]
        # Two calls are wrong afterwards: get_user(giver) and get_user(taker).
        @AsyncLRUInvalidator(get_user, key=lambda giver, taker: [giver, taker])
        async def give_orders(giver, taker):
            await db.give_orders(giver, taker)
        # [/key-function]

        # [clear-all]
        @AsyncLRUInvalidator(get_user, clear_all=True)
        async def rename_city(city, name):
            await db.rename_city(city, name)
        # [/clear-all]

        self.get_user = get_user
        self.update_user = update_user
        self.update_user_later = update_user_later
        self.give_orders = give_orders
        self.rename_city = rename_city

    def say(self, when, user, how, expected):
        """Says what a read brings, and compares it with what should be."""
        found = f'{user["email"]}, {user["city"]}, {user["orders"]}{how}'
        print(f'  {when:32} {found}')
        if found != expected:
            print(f'This should be {expected}', file=sys.stderr)
            self.right = False

    async def read(self, user_id, when, expected):
        before = self.db.n_queries
        user = await self.get_user(user_id)
        self.say(when, user, ' (a query)' if self.db.n_queries > before else ' (a hit)', expected)


async def by_hand(shop):
    print('By hand: drop what is cached, then change the database')
    await shop.read(42, 'before:', 'amira.petrov@example.org, Accra, 6 (a query)')

    # [by-hand]
    shop.get_user.invalidate_cache(42)
    # [/by-hand]
    await shop.read(42, 'somebody reads in between:', 'amira.petrov@example.org, Accra, 6 (a query)')
    # [by-hand]
    await shop.db.set_email(42, 'amira@example.org')
    # [/by-hand]

    await shop.read(42, 'afterwards, for good, and wrong:', 'amira.petrov@example.org, Accra, 6 (a hit)')
    shop.get_user.clear_cache()


async def by_an_invalidator(shop):
    print('\nBy an invalidator, and somebody reads in between')
    await shop.read(42, 'before:', 'amira@example.org, Accra, 6 (a query)')
    gate = shop.gate_of_held_change
    change = asyncio.create_task(shop.update_user_later(42, 'petrov@example.org'))
    await gate.arrived.wait()
    await shop.read(42, 'in between, and is not kept:', 'amira@example.org, Accra, 6 (a query)')
    await shop.read(42, 'and again:', 'amira@example.org, Accra, 6 (a query)')
    gate.opened.set()
    await change
    await shop.read(42, 'afterwards:', 'petrov@example.org, Accra, 6 (a query)')
    await shop.read(42, 'and again:', 'petrov@example.org, Accra, 6 (a hit)')

    print('\nA read has the old user, but not answered yet, when the change begins')
    shop.get_user.clear_cache()
    gate = shop.gate_of_next_read = Gate()
    before = shop.db.n_queries
    read = asyncio.create_task(shop.get_user(42))
    await gate.arrived.wait()

    # [update]
    await shop.update_user(42, 'ap@example.org')
    # [/update]

    gate.opened.set()
    user = await read
    shop.right &= shop.db.n_queries - before == 1
    shop.say('who asked before the change:', user, ' (a query)', 'petrov@example.org, Accra, 6 (a query)')
    await shop.read(42, 'who asks after it:', 'ap@example.org, Accra, 6 (a query)')

    print('\nA change that fails: nobody knows how far it got, so the read is dropped as well')
    await shop.read(42, 'before:', 'ap@example.org, Accra, 6 (a hit)')
    try:
        await shop.update_user(42, 'ada.almeida@example.org')
        shop.right = False
    except ShopError as error:
        print(f'  {"the change fails:":32} {error}')
    await shop.read(42, 'afterwards:', 'ap@example.org, Accra, 6 (a query)')


async def with_a_key_function(shop):
    print('\nA user gives all orders to another: a key function names both reads')
    await shop.read(7, 'user 7:', 'chen.brandt@example.org, Ghent, 16 (a query)')
    await shop.read(14, 'user 14:', 'farid.ferrari@example.org, Bergen, 12 (a query)')

    # [key-function]
    await shop.give_orders(42, 7)
    # [/key-function]

    await shop.read(42, 'user 42, who gave:', 'ap@example.org, Accra, 0 (a query)')
    await shop.read(7, 'user 7, who got:', 'chen.brandt@example.org, Ghent, 22 (a query)')
    await shop.read(14, 'user 14, who has no part in it:', 'farid.ferrari@example.org, Bergen, 12 (a hit)')


async def with_clear_all(shop):
    print('\nA city gets another name: who knows whom that touches?  All reads are dropped')

    # [clear-all]
    await shop.rename_city('Ghent', 'Gent')
    # [/clear-all]

    await shop.read(42, 'user 42:', 'ap@example.org, Accra, 0 (a query)')
    await shop.read(7, 'user 7:', 'chen.brandt@example.org, Gent, 22 (a query)')


async def main():
    with ShopDb.open_copy(shop_path()) as db:
        shop = Shop(db)
        await by_hand(shop)
        await by_an_invalidator(shop)
        await with_a_key_function(shop)
        await with_clear_all(shop)

        n_loads = shop.get_user.get_metrics().loads
        print(f'\n{n_loads} loads, and the database ran {db.n_queries} queries')
        return shop.right and n_loads == db.n_queries


sys.exit(0 if asyncio.run(main()) else 1)
