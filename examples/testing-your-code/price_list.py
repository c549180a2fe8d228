# SPDX-License-Identifier: CC0-1.0
"""The prices of a shop, which are asked for once a minute at most."""
from libcache import AsyncCache


# [new]
class PriceList:
    def __init__(self, ask_the_shop, clock=None):
        # With None for the clock it is the real time.
        self.cache = AsyncCache(default_ttl=60, clock=clock)
        self.ask_the_shop = ask_the_shop

    async def get(self, product):
        async def load():
            return await self.ask_the_shop(product)

        return await self.cache.get(product, loader=load)
# [/new]
