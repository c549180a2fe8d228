#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Batches belong to their loader: one that is made for each get gathers nothing."""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from libcache import AsyncCache  # noqa: E402
from page import N_ORDERS, Page  # noqa: E402


def names_loader(page):
    async def load_names(keys):
        return dict(await page.database.ask_many(keys))
    return load_names


async def show(title, n_loaders):
    page = Page()
    cache = AsyncCache(clock=page.clock)
    loaders = [names_loader(page) for _ in range(n_loaders)]

    page.show(lambda order: cache.get(page.customers[order], batch_loader=loaders[order % n_loaders]))
    await page.tell(title)


async def main():
    await show('One loader', 1)
    await show('Two of them', 2)
    await show('A new one for each order', N_ORDERS)


asyncio.run(main())
