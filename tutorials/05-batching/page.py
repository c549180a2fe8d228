# SPDX-License-Identifier: CC0-1.0
"""The page in each program of this chapter: a list of 80 orders, each with the name of its customer.

The names are in a database that takes 20 ms for a query and runs ten at a time. Some customers have ordered more than once.
"""
import asyncio

from popularity import Popularity
from simulated_clock import SimulatedClock
from slow_source import SlowSource

N_ORDERS = 80
N_CUSTOMERS = 200
SEED = 5


class Page:
    def __init__(self):
        popularity = Popularity(N_CUSTOMERS, SEED)
        self.clock = SimulatedClock()
        self.database = SlowSource(self.clock, 0.020, workers=10)
        # The key of each order's customer.
        self.customers = [f'customer:{popularity.draw()}' for _ in range(N_ORDERS)]
        # What the page has been told; None where there is no name.
        self.names = [None] * N_ORDERS
        self.n_answered = 0

    def show(self, name_of):
        """Has all orders ask at once, ``name_of(order)`` each; gives their tasks."""
        return [asyncio.create_task(self._show_order(order, name_of(order))) for order in range(N_ORDERS)]

    async def _show_order(self, order, name):
        try:
            self.names[order] = await name
        finally:
            self.n_answered += 1

    async def tell(self, title):
        """Lets time pass until all orders have an answer, and tells how it went."""
        while self.n_answered < N_ORDERS:
            await self.clock.run(0.001)

        n_right = sum(name == f'the text of {key}' for name, key in zip(self.names, self.customers))
        n_empty = self.names.count(None)
        print(f'{title:42} {n_right:2} right, {N_ORDERS - n_right - n_empty:2} wrong, {n_empty:2} empty; '
              f'{self.database.n_queries:2} queries, {1000 * self.clock.now:3.0f} ms')
