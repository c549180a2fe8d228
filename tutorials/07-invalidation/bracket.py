#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The database changes the price, and then the connection breaks: the shop is told that it failed."""
import asyncio

from prices import Prices
from story import PRICE

from gi.repository import Memo


# [bracket]
class Bracket(Prices):
    def before_change(self):
        self.mutation = Memo.Mutation.new(self.cache.memo)
        self.mutation.add_key(PRICE)
        self.begun = asyncio.ensure_future(self.mutation.begin_async())

    def after_change(self):
        self.ended = asyncio.ensure_future(self.mutation.end_async())
# [/bracket]


class BracketAndEvicted(Bracket):
    evict = Prices.throw_out


async def main():
    await Prices().tell('Delete if it went well')
    await Bracket().tell('A bracket around it')
    await BracketAndEvicted().tell('The same, evicted meanwhile')


asyncio.run(main())
