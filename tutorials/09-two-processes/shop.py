# SPDX-License-Identifier: CC0-1.0
"""A shop that is a process of its own, as seen by the program that tells the story.

It is shop_process.py, and is talked to through a pipe: a line to ask, a line for the answer. So the story decides what comes after what,
in every run. The time of each shop stands still until it is told to let some pass. That of the Redis server cannot be told
anything, which is why prices live there for longer than any story takes.
"""
import pathlib
import subprocess
import sys

AN_HOUR = 3600.0


class Shop:
    """Has its database in a folder. ``uri`` is that of the Redis it shares, or 'none'. ``memory_ttl`` is how many seconds a price
    lives in the memory of the process: up to AN_HOUR, which is how long it lives in Redis, or 0 for not at all.
    """

    def __init__(self, folder, uri, memory_ttl):
        # What the library says in the log when Redis goes away is expected here.
        self._process = subprocess.Popen(
            [sys.executable, str(pathlib.Path(__file__).with_name('shop_process.py')), str(folder), uri, str(memory_ttl)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self, question):
        """Asks for one of these, and gives the answer.

        get KEY       the price
        all           asks for all prices, and says how many are right
        delete KEY    waits until it is acknowledged
        crowd KEY     a hundred customers ask at once, and the database takes its time
        serve         the database answers; how many of them are told the price
        flush         the same for all that was asked before
        pass SECONDS  lets time pass
        reconnected   waits until it is connected to Redis for the second time
        queries       how often this process has asked the database
        remote-hits   how many it has found in Redis
        """
        print(question, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f'{question}: the shop has ended')
        return answer.rstrip('\n')

    def count(self, question):
        return int(self.ask(question))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
