# SPDX-License-Identifier: CC0-1.0
"""The database that all processes of a story share: a folder with a file for each thing that was changed."""
import asyncio
import pathlib

N_PRICES = 200


def change(folder, key, price):
    """What is not changed has the price "the price of" its key."""
    pathlib.Path(folder, key).write_text(price, encoding='utf-8')


class Database:
    """Counts how often this process asks it."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self.n_queries = 0
        # When the database is slow, `asked` is set by who asks, and `awake` has to be set before there is an answer.
        self.asked = asyncio.Event()
        self.awake = asyncio.Event()
        self.awake.set()

    async def load(self, key):
        self.n_queries += 1
        self.asked.set()
        await self.awake.wait()
        try:
            return (self._folder / key).read_text(encoding='utf-8')
        except FileNotFoundError:
            return f'the price of {key}'
