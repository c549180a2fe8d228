#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The same with libcache: delete() before the change, and after it."""
import asyncio

from prices import Prices


class DeleteAfter(Prices):
    after_change = Prices.delete


class DeleteAfterAndEvicted(DeleteAfter):
    evict = Prices.throw_out


class DeleteBefore(Prices):
    before_change = Prices.delete


async def main():
    await DeleteAfter().tell('Delete after the change')
    await DeleteAfterAndEvicted().tell('The same, evicted meanwhile')
    await DeleteBefore().tell('Delete before it')


asyncio.run(main())
