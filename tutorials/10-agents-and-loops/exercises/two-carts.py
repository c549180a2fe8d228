#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Two customers talk to a shop, whose agent looks into the cart of whoever is talking: of all, or of the session."""
import asyncio

from libcache import AgentCache, AgentCacheSession


async def talk(scope):
    # [scope]
    @AgentCache(scope=scope)
    async def get_cart():
        """Whose cart it is, the tool is not told by its arguments."""
        return f'the cart of {AgentCacheSession.current().session_id}'
    # [/scope]

    async def show(customer):
        print(f'  {customer:5} is shown {await get_cart()}')

    print('For all sessions' if scope == 'global' else 'For each session')
    async with AgentCacheSession('Amira'):
        await show('Amira')
        async with AgentCacheSession('Chen'):
            await show('Chen')
        await show('Amira')
    print(f'  {get_cart.get_metrics().loads} of 3 calls were executed')


async def main():
    await talk('global')
    await talk('session')


asyncio.run(main())
