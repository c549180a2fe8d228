#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""How to test something that has a cache in it, without waiting for time to pass and without the slow thing behind
it: time is moved by hand, and the shop answers when the test says so.
"""
import asyncio
import unittest

from libcache import ManualClock
from price_list import PriceList


# [shop]
class Shop:
    """Keeps the questions until the test answers them."""

    def __init__(self):
        self.questions = asyncio.Queue()
        self.n_asked = 0

    async def ask(self, _product):
        self.n_asked += 1
        answer = asyncio.get_running_loop().create_future()
        self.questions.put_nowait(answer)
        return await answer

    async def answers(self, cents):
        (await self.questions.get()).set_result(cents)

    async def fails(self, error):
        (await self.questions.get()).set_exception(error)
# [/shop]


class PriceListTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.clock = ManualClock()
        self.shop = Shop()
        self.prices = PriceList(self.shop.ask, self.clock)

    def ask(self):
        return asyncio.ensure_future(self.prices.get('lamp'))

    # [minute]
    async def test_asks_again_after_a_minute(self):
        asked = self.ask()
        await self.shop.answers(4900)
        self.assertEqual(await asked, 4900)

        self.clock.advance(59.999999)
        self.assertEqual(await self.prices.get('lamp'), 4900)
        self.assertEqual(self.shop.n_asked, 1)

        self.clock.advance(0.000001)
        asked = self.ask()
        await self.shop.answers(5300)
        self.assertEqual(await asked, 5300)
        self.assertEqual(self.shop.n_asked, 2)
    # [/minute]

    async def test_asks_once_for_all(self):
        asked = [self.ask() for _ in range(10)]
        await self.shop.answers(4900)
        self.assertEqual(await asyncio.gather(*asked), [4900] * 10)
        self.assertEqual(self.shop.n_asked, 1)

    async def test_failure_is_not_kept(self):
        asked = self.ask()
        await self.shop.fails(ConnectionError('The shop is closed'))
        with self.assertRaisesRegex(ConnectionError, 'The shop is closed'):
            await asked

        asked = self.ask()
        await self.shop.answers(4900)
        self.assertEqual(await asked, 4900)


if __name__ == '__main__':
    unittest.main()
