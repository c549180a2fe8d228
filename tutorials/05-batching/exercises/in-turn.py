#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Who asks for one name after another waits for a window each time."""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from libcache import AsyncCache  # noqa: E402
from page import Page  # noqa: E402


async def show_in_turn(title, window_ms):
    page = Page()
    cache = AsyncCache(batch_window_ms=window_ms, clock=page.clock)

    async def load_names(keys):
        return dict(await page.database.ask_many(keys))

    for order, key in enumerate(page.customers):
        page.names[order] = await page.clock.wait_for(cache.get(key, batch_loader=load_names))
        page.n_answered += 1
    await page.tell(title)


async def main():
    await show_in_turn('One after another, a window of 5 ms', 5)
    await show_in_turn('One after another, a window of 0', 0)


asyncio.run(main())
