#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The customers of this chapter; the key is made from the arguments."""
import asyncio
import random

from libcache import AsyncLRU
from simulated_clock import SimulatedClock
from slow_source import SlowSource

N_CUSTOMERS = 10000
SEED = 1


def draw_word(drawn):
    """Something short that a customer types, of the letters a and b, and commas."""
    return ''.join('ab,'[drawn.getrandbits(32) % 3] for _ in range(drawn.getrandbits(32) % 3 + 1))


async def main():
    clock = SimulatedClock()
    database = SlowSource(clock, latency=0.05)
    drawn = random.Random(SEED)
    n_wrong = 0

    # [decorator]
    @AsyncLRU(maxsize=None)
    async def search(words, category):
        return await database.ask(f'"{words}" in "{category}"')
    # [/decorator]

    for _ in range(N_CUSTOMERS):
        words, category = draw_word(drawn), draw_word(drawn)
        # [call]
        found = await clock.wait_for(search(words, category))
        # [/call]
        n_wrong += found != f'the text of "{words}" in "{category}"'

    print(f'With a decorator\n'
          f'  customers                     {N_CUSTOMERS:5}\n'
          f'  queries                       {database.n_queries:5}\n'
          f'  shown what others asked for   {n_wrong:5}')


asyncio.run(main())
