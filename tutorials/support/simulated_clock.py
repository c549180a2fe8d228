# SPDX-License-Identifier: CC0-1.0
"""A clock for stories: nobody waits, and the same happens every time.

It moves a `ManualClock`, which is to be that of the caches, and lets time pass the way a simulation does: it leaps
to the next moment for which there is a plan, lets the event loop do what is due then, and leaps again.
"""
import asyncio
import heapq
import itertools

from libcache import ManualClock

# What is due takes a turn of the loop to be noticed, another to be run, and one to wake who waits for it; some do all of
# that twice.  More turns do nothing.
_TURNS = 12


class SimulatedClock:
    """Seconds since the story began, and what is planned for when."""

    def __init__(self):
        self.memo = ManualClock()
        self._microseconds = 0
        self._plans = []
        self._order = itertools.count()

    @property
    def now(self):
        """Seconds since the story began."""
        return self._microseconds / 1e6

    async def sleep(self, seconds):
        """As asyncio.sleep(), by this clock."""
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._plans, (self._microseconds + round(seconds * 1e6), next(self._order), woken))
        await woken

    async def run(self, seconds):
        """Let so many seconds pass."""
        await self.run_until(self.now + seconds)

    async def run_until(self, moment):
        """Let time pass until then."""
        end = round(moment * 1e6)
        await _settle()
        while self._plans and self._plans[0][0] <= end:
            self._leap(self._plans[0][0])
            await _settle()
        self._leap(end)

    async def finish(self, coroutine):
        """Let time pass until this one thing is done, while nothing else goes on; gives what came of it."""
        task = asyncio.ensure_future(coroutine)
        while not task.done():
            if self._plans:
                self._leap(self._plans[0][0])
            await asyncio.sleep(0)
        return task.result()

    def _leap(self, moment):
        """At the moment itself, all that is planned for it."""
        if moment > self._microseconds:
            # It rounds up to a whole microsecond; the half keeps a rounding error from making it one more.
            self.memo.advance((moment - self._microseconds - 0.5) / 1e6)
            self._microseconds = moment
        while self._plans and self._plans[0][0] <= self._microseconds:
            woken = heapq.heappop(self._plans)[2]
            if not woken.done():
                woken.set_result(None)


async def _settle():
    for _ in range(_TURNS):
        await asyncio.sleep(0)
