# SPDX-License-Identifier: CC0-1.0
"""What a cache is for: something that knows the answers, takes its time, and has a limit."""
import asyncio
import sys


class SlowSource:
    """Stands for a database or a service, and counts by itself how often it is asked.

    A query takes ``latency`` seconds by the clock. Beyond so many queries at a time, the ``workers``, the rest wait in line. The answer
    is what is true when a worker begins.
    """

    def __init__(self, clock, latency, workers=sys.maxsize):
        self._clock = clock
        self._latency = latency
        self._workers = asyncio.Semaphore(workers)
        self._n_waiting = 0
        self._answers = {}
        self.n_queries = 0
        self.longest_line = 0

    def set(self, key, answer):
        """Until somebody sets something else, the answer to a key is "the text of" it. None: there is none."""
        self._answers[key] = answer

    async def ask(self, key):
        """The answer, or None where there is none."""
        rows = await self.ask_many([key])
        return rows[0][1] if rows else None

    async def ask_many(self, keys):
        """One query for many keys, as "SELECT key, answer … WHERE key IN (…)".

        It takes as long as one for a single key, and like that one gives a row for each key that there is: none for what does not
        exist, and one for a key that is named twice. A row is a key and its answer.
        """
        # Who leaves takes no work off a database.
        return await asyncio.shield(self._work(keys))

    def loader(self, key):
        """A loader that asks for a key. It is `async def`, so no thread is needed to find out what it is."""
        async def load():
            return await self.ask(key)
        return load

    def _find_rows(self, keys):
        answers = {key: self._answers.get(key, f'the text of {key}') for key in keys}
        return [(key, answer) for key, answer in answers.items() if answer is not None]

    async def _work(self, keys):
        if self._workers.locked():
            self._n_waiting += 1
            self.longest_line = max(self.longest_line, self._n_waiting)
            await self._workers.acquire()
            self._n_waiting -= 1
        else:
            await self._workers.acquire()

        self.n_queries += 1
        rows = self._find_rows(keys)
        await self._clock.sleep(self._latency)
        self._workers.release()
        return rows
