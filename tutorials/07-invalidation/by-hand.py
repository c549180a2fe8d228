#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A cache by hand: a dictionary that is asked first, and filled afterwards."""
import asyncio

from story import PRICE, Story


# [cache]
class ByHand(Story):
    def __init__(self):
        super().__init__()
        self.prices = {}

    async def ask(self):
        if PRICE not in self.prices:
            self.prices[PRICE] = await self.database.ask(PRICE)
        return self.prices[PRICE]

    def forget(self):
        self.prices.pop(PRICE, None)
# [/cache]


class ForgetBefore(ByHand):
    before_change = ByHand.forget


class ForgetAfter(ByHand):
    after_change = ByHand.forget


class ForgetAfterAndEvicted(ForgetAfter):
    evict = ByHand.forget


class ForgetTwiceAndEvicted(ForgetAfterAndEvicted):
    before_change = ByHand.forget


async def main():
    await ByHand().tell('Nobody tells the cache')
    await ForgetBefore().tell('Forget before the change')
    await ForgetAfter().tell('Forget after it')
    await ForgetAfterAndEvicted().tell('The same, evicted meanwhile')
    await ForgetTwiceAndEvicted().tell('Before and after, evicted meanwhile')


asyncio.run(main())
