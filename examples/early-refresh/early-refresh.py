#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A report takes two seconds to make, and is good for a minute.  Whoever asks for it when that is over waits for two
seconds, and so do all who come meanwhile; unless it is made again shortly before, while everybody is still given the
old one.

Ten minutes go by, in which somebody asks ten times a second, by a clock that the program moves.

    early-refresh.py
"""
import asyncio
import sys

from gi.repository import GLib

from libcache import AsyncCache, ManualClock

A_REPORT = 2_000_000
N_GETS = 10 * 60 * 10


class Office:
    """Where reports are made."""

    def __init__(self, early_refresh):
        self.clock = ManualClock()
        # [early]
        self.cache = AsyncCache(default_ttl=60, early_refresh=early_refresh, clock=self.clock)
        # [/early]
        self.being_made = None
        self.ready = 0
        self.n_made = 0
        self.waits = []

    async def make_report(self):
        self.being_made, self.ready = asyncio.get_running_loop().create_future(), self.clock.get_time() + A_REPORT
        await self.being_made
        self.being_made = None
        self.n_made += 1
        return 'the report'

    async def read(self):
        asked = self.clock.get_time()
        assert await self.cache.get('report', loader=self.make_report)
        self.waits.append(self.clock.get_time() - asked)

    async def ask(self):
        """Somebody asks, and is answered unless he has to wait for a report."""
        reader = asyncio.create_task(self.read())
        await asyncio.sleep(0)
        while not reader.done() and self.being_made is None:
            await asyncio.sleep(0)
        return reader

    async def pass_a_tenth(self, readers):
        self.clock.advance(0.1)
        if self.being_made is not None and self.clock.get_time() >= self.ready:
            self.being_made.set_result(None)
            while self.being_made is not None:
                await asyncio.sleep(0)
            await asyncio.gather(*readers)


async def tell(early_refresh):
    """Ten minutes; says how many have waited."""
    office, readers = Office(early_refresh), []

    # Lots are drawn; the same ones each time that the program runs.
    GLib.random_set_seed(2015)

    for _ in range(N_GETS):
        readers.append(await office.ask())
        await office.pass_a_tenth(readers)
    while office.being_made is not None:
        await office.pass_a_tenth(readers)

    waited = [wait for wait in office.waits if wait > 0]
    print(f'{early_refresh:13g} {office.n_made:9} {len(waited):9} {max(waited) / 1e6:10.1f} s')
    return len(waited)


async def main():
    print('early-refresh   reports    waited   the longest')
    # The first report is waited for in any case, by those of two seconds.
    return [await tell(factor) for factor in (0, 1, 3)] == [200, 20, 20]


sys.exit(0 if asyncio.run(main()) else 1)
