# SPDX-License-Identifier: CC0-1.0
"""A clock for stories: nobody waits, and the same happens every time."""
import asyncio
import heapq
import itertools

import gi

gi.require_version('Memo', '1')
from gi.repository import GObject, Memo  # noqa: E402
from settle import settle  # noqa: E402

MICROSECONDS = 1000000


class SimulatedClock(GObject.Object, Memo.Clock):
    """A ManualClock that also knows for when something is planned.

    So it can let time pass the way a simulation does: it leaps to the next moment for which there is a plan, lets happen what is
    due then, and leaps again. An hour takes as long as what happens in it.

    All is to run in one event loop; what a thread does has a time of its own. So give a cache loaders that are `async def`.
    """

    __gtype_name__ = 'TutorialSimulatedClock'

    def __init__(self):
        super().__init__()
        self._hands = Memo.ManualClock()
        # Moments in microseconds, the next one first, each with the future of who sleeps until then. Whether a
        # plan of the library's is still wanted when its moment comes does not matter: then the leap was for nothing.
        self._plans = []
        self._order = itertools.count()

    @property
    def now(self):
        """Seconds since the story began."""
        return self._hands.get_time() / MICROSECONDS

    async def sleep(self, seconds):
        """asyncio.sleep() by this clock."""
        future = asyncio.get_running_loop().create_future()
        self._plan(self._hands.get_time() + round(seconds * MICROSECONDS), future)
        await future

    async def run_until(self, moment):
        """Let all happen until a moment, in seconds."""
        end = round(moment * MICROSECONDS)
        await settle()
        while self._plans and self._plans[0][0] <= end:
            await self._leap()
        self._advance(end)

    async def run(self, seconds):
        """Let so many seconds pass; with 0, what is due at this very moment happens."""
        await self.run_until(self.now + seconds)

    async def wait_for(self, awaitable):
        """Let time pass until there is a result, and give it."""
        waiting = asyncio.ensure_future(awaitable)
        await settle()
        while not waiting.done():
            if not self._plans:
                raise RuntimeError('Nothing is planned any more, so what is awaited will never be there.')
            await self._leap()
        return await waiting

    def _plan(self, moment, sleeper=None):
        heapq.heappush(self._plans, (moment, next(self._order), sleeper))

    def _advance(self, moment):
        step = moment - self._hands.get_time()
        if step > 0:
            # It rounds up to a whole microsecond; the half keeps a rounding error from making it one more.
            self._hands.advance((step - 0.5) / MICROSECONDS)

    async def _leap(self):
        """To the next moment for which there is a plan."""
        moment = self._plans[0][0]
        self._advance(moment)
        while self._plans and self._plans[0][0] == moment:
            *_, sleeper = heapq.heappop(self._plans)
            if sleeper is not None and not sleeper.done():
                sleeper.set_result(None)
        await settle()

    # What the library asks a clock for.

    def do_get_time(self):
        return self._hands.get_time()

    def do_create_source(self, deadline):
        self._plan(deadline)
        return Memo.Clock.create_source(self._hands, deadline)

    def do_get_real_time(self):
        return self._hands.get_real_time()

    def do_dup_origin(self):
        return self._hands.dup_origin()
