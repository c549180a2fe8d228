#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The page with a batch loader, and with what were traps by hand."""
import asyncio

from libcache import AsyncCache
from page import Page


async def tell(title, missing=None, first_leaves=False):
    page = Page()
    if missing is not None:
        page.database.set(missing, None)
    cache = AsyncCache(clock=page.clock)

    # [batch-loader]
    async def load_names(keys):
        return dict(await page.database.ask_many(keys))

    orders = page.show(lambda order: cache.get(page.customers[order], batch_loader=load_names))
    # [/batch-loader]
    await page.clock.run(0.010)
    if first_leaves:
        orders[0].cancel()

    await page.tell(title)
    await asyncio.gather(*orders, return_exceptions=True)


async def main():
    await tell('A batch loader')
    await tell('And customer 3 has closed the account', missing='customer:3')
    await tell('And the first one who asked leaves', first_leaves=True)


asyncio.run(main())
