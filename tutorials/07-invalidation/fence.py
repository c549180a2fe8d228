#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Half a second in which a price is changed: delete it before the change, and after it.

The database takes 50 ms for an answer. Every 10 ms a customer asks. At 100 ms the shop begins to change the price; at
130 ms the new one is in the database; at 150 ms the database says that it is done.
"""
import asyncio

from libcache import AsyncCache
from simulated_clock import SimulatedClock
from slow_source import SlowSource

PRICE = 'price:lamp'


async def tell(title, delete_at, evict=False):
    clock = SimulatedClock()
    database = SlowSource(clock, latency=0.05)
    database.set(PRICE, '19.90')
    cache = AsyncCache(clock=clock.memo)
    told, customers = [], []

    # [customer]
    async def customer(after_the_change):
        price = await cache.get(PRICE, loader=lambda: database.ask(PRICE))
        if after_the_change:
            told.append(price)
    # [/customer]

    # [half-second]
    for ms in range(0, 500, 10):
        await clock.run_until(ms / 1000)
        if ms == delete_at:
            cache.delete(PRICE)
        if ms == 110 and evict:
            cache.memo.trim(100)
        if ms == 130:
            database.set(PRICE, '24.90')
        customers.append(asyncio.create_task(customer(ms >= 150)))
    # [/half-second]
    await clock.run_until(1)
    await asyncio.gather(*customers)

    n_misled = sum(price != '24.90' for price in told)
    print(f'{title:44} {n_misled:2} of {len(told)} customers were told the old price; {database.n_queries} queries')


async def main():
    await tell('Delete after the change', delete_at=150)
    await tell('The same, evicted meanwhile', delete_at=150, evict=True)
    await tell('Delete before it', delete_at=100)


asyncio.run(main())
