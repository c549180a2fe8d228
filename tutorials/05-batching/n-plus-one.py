#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A page with 80 orders: each asks for its customer, without a cache and with one; and the page asks for all at once."""
import asyncio

from libcache import AsyncCache
from page import N_ORDERS, Page


# [each]
async def each_asks():
    page = Page()
    page.show(lambda order: page.database.ask(page.customers[order]))
    await page.tell('Each order asks for its customer')
# [/each]


async def each_asks_a_cache():
    page = Page()
    cache = AsyncCache(clock=page.clock)
    page.show(lambda order: cache.get(page.customers[order], loader=page.database.loader(page.customers[order])))
    await page.tell('Each order asks a cache')


# [page]
async def the_page_asks():
    page = Page()
    names = dict(await page.clock.wait_for(page.database.ask_many(page.customers)))
    page.names = [names[key] for key in page.customers]
    page.n_answered = N_ORDERS
    await page.tell('The page asks for all of them')
# [/page]


async def main():
    await each_asks()
    await each_asks_a_cache()
    await the_page_asks()


asyncio.run(main())
