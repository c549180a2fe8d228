#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A gatherer by hand: who asks waits 5 ms for others who ask, then all are asked for by one query. Three traps, one after another."""
import asyncio

from page import Page

WINDOW = 0.005


# [gather]
class Gatherer:
    def __init__(self, page, each_key_once, by_key):
        self.page = page
        self.each_key_once = each_key_once
        self.by_key = by_key
        # What the query is to ask for, None while nobody waits.
        self.keys = None

    async def ask(self):
        await self.page.clock.sleep(WINDOW)
        keys, self.keys = self.keys, None
        return await self.page.database.ask_many(keys)

    async def name_of(self, order):
        key = self.page.customers[order]
        if self.keys is None:
            self.keys = []
            self.query = asyncio.create_task(self.ask())

        if self.each_key_once and key in self.keys:
            position = self.keys.index(key)
        else:
            position = len(self.keys)
            self.keys.append(key)

        rows = await self.query
        if self.by_key:
            return dict(rows).get(key)
        return rows[position][1] if position < len(rows) else None
# [/gather]


async def show(title, *, each_key_once=True, by_key=False, missing=None, first_leaves=False):
    page = Page()
    if missing is not None:
        page.database.set(missing, None)

    orders = page.show(Gatherer(page, each_key_once, by_key).name_of)
    # Just before the names are there.
    await page.clock.run(0.024)
    if first_leaves:
        orders[0].cancel()

    await page.tell(title)
    await asyncio.gather(*orders, return_exceptions=True)


async def main():
    await show('Row after row', each_key_once=False)
    await show('The same, each key once')
    await show('And customer 3 has closed the account', missing='customer:3')
    await show('The same, by the keys of the rows', by_key=True, missing='customer:3')
    await show('And the first one who asked leaves', by_key=True, first_leaves=True)


asyncio.run(main())
