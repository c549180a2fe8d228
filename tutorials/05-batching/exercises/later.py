#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The lower half of the page asks a little later than the upper half."""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from libcache import AsyncCache  # noqa: E402
from page import N_ORDERS, Page  # noqa: E402


async def show(later_ms):
    page = Page()
    cache = AsyncCache(clock=page.clock)

    async def load_names(keys):
        return dict(await page.database.ask_many(keys))

    async def name_of(order):
        if order >= N_ORDERS // 2:
            await page.clock.sleep(later_ms / 1000)
        return await cache.get(page.customers[order], batch_loader=load_names)

    page.show(name_of)
    await page.tell(f'The lower half asks {later_ms} ms later')


async def main():
    for later_ms in (3, 10, 22, 30):
        await show(later_ms)


asyncio.run(main())
