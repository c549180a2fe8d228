# SPDX-License-Identifier: CC0-1.0
"""The same half second in each program of this chapter.

A price is in a database that takes 50 ms for an answer. Every 10 ms a customer asks for it. At 100 ms the shop begins to change it,
from "19.90" to "24.90"; at 130 ms the new one is in the database; at 150 ms the database says that it is done. From then on
nobody should be told the old price.
"""
import asyncio

from simulated_clock import SimulatedClock
from slow_source import SlowSource

PRICE = 'price:lamp'


class Story:
    """A program says in a subclass what it does in its own way."""

    def __init__(self):
        self.clock = SimulatedClock()
        self.database = SlowSource(self.clock, 0.05)
        self.database.set(PRICE, '19.90')
        self.changed = False    # the shop was told that it is done
        self.n_customers = 0    # who asked after that
        self.n_misled = 0       # of these, who were told the old price

    async def ask(self):
        """The price, by way of the cache."""
        raise NotImplementedError

    def before_change(self):
        """The shop begins to change the price."""

    def after_change(self):
        """The database says that it is done."""

    def evict(self):
        """At 110 ms, when the memory is needed for something else."""

    async def customer(self):
        """Asks for the price, and may be told the old one."""
        asked_after_the_change = self.changed
        price = await self.ask()
        if asked_after_the_change:
            self.n_customers += 1
            self.n_misled += price != '24.90'

    # [half-second]
    async def tell(self, title):
        customers = []
        for ms in range(0, 500, 10):
            await self.clock.run_until(ms / 1000)

            if ms == 100:
                self.before_change()
            if ms == 110:
                self.evict()
            if ms == 130:
                self.database.set(PRICE, '24.90')
            if ms == 150:
                self.after_change()
                self.changed = True

            customers.append(asyncio.create_task(self.customer()))
        await self.clock.run_until(1)
        await asyncio.gather(*customers)

        print(f'{title:44} {self.n_misled:2} of {self.n_customers} customers were told the old price; '
              f'{self.database.n_queries} queries')
    # [/half-second]
