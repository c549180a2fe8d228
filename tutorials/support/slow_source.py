# SPDX-License-Identifier: CC0-1.0
"""What a cache is for: something that knows the answers, takes its time, and has a limit."""
import asyncio


class SlowSource:
    """It stands for a database or a service, and counts by itself how often it is asked.

    A query takes ``latency`` seconds of the clock. Beyond so many ``workers`` at a time the rest wait in line. The answer
    is what is true when a worker begins. Until somebody sets something else, the answer to KEY is "the text of KEY".
    """

    def __init__(self, clock, latency, workers=None):
        self._clock = clock
        self._latency = latency
        self._line = asyncio.Semaphore(workers) if workers is not None else None
        self._answers = {}
        self.n_queries = 0

    def set(self, key, answer):
        """None: there is none."""
        self._answers[key] = answer

    async def ask(self, key):
        if self._line is None:
            return await self._work(key)
        async with self._line:
            return await self._work(key)

    async def _work(self, key):
        self.n_queries += 1
        answer = self._answers.get(key, f'the text of {key}')
        await self._clock.sleep(self._latency)
        return answer
