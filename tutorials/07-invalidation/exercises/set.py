#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Who changes the price puts the new one into the cache, in place of deleting the old one.

Shortly before, somebody else has changed it to "22.90". The database did that first, but says so later.
"""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from prices import Prices  # noqa: E402
from story import PRICE  # noqa: E402

OTHER_HEARS = 0.160


class OneSets(Prices):
    def after_change(self):
        self.cache.set(PRICE, '24.90')


class Two(Prices):
    def other_hears(self):
        raise NotImplementedError

    async def ask(self):
        if abs(self.clock.now - OTHER_HEARS) < 0.001:
            self.other_hears()
        return await super().ask()


class TwoSet(Two, OneSets):
    def other_hears(self):
        self.cache.set(PRICE, '22.90')


class TwoDelete(Two):
    def after_change(self):
        self.delete()

    def other_hears(self):
        self.delete()


async def main():
    await OneSets().tell('Set after the change')
    await TwoSet().tell('Two set, and hear in the other order')
    await TwoDelete().tell('Two delete')


asyncio.run(main())
