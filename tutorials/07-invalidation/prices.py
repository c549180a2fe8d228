# SPDX-License-Identifier: CC0-1.0
"""The cache of this chapter's programs, and what customers do with it."""
from libcache import AsyncCache
from story import PRICE, Story


class Prices(Story):
    def __init__(self, default_ttl=None):
        super().__init__()
        self.cache = AsyncCache(default_ttl=default_ttl, clock=self.clock)

    # [ask]
    async def load(self):
        return await self.database.ask(PRICE)

    async def ask(self):
        return await self.cache.get(PRICE, loader=self.load)

    def delete(self):
        self.cache.delete(PRICE)
    # [/ask]

    def throw_out(self):
        self.cache.trim()
