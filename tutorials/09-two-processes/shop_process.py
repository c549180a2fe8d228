# SPDX-License-Identifier: CC0-1.0
"""The other side of shop.py: the process that is a shop. Ends when nobody asks any more.

    shop_process.py FOLDER URI MEMORY-TTL
"""
import asyncio
import sys

from database import N_PRICES, Database
from libcache import AsyncCache, ManualClock, RedisBackend
from shop import AN_HOUR

CROWD = 100


class Process:
    def __init__(self, folder, uri, memory_ttl):
        self.database = Database(folder)
        self.clock = ManualClock()
        self.redis = RedisBackend(uri) if uri != 'none' else None

        # [caches]
        self.shared = AsyncCache(maxsize=0 if memory_ttl < AN_HOUR else 1000, default_ttl=AN_HOUR, remote_cache=self.redis,
                                 clock=self.clock)
        self.memory = None
        if 0 < memory_ttl < AN_HOUR:
            self.memory = AsyncCache(maxsize=1000, default_ttl=memory_ttl, clock=self.clock)
        # [/caches]
        self.crowd = []

    # [get]
    async def get_shared(self, key):
        async def load():
            return await self.database.load(key)
        return await self.shared.get(key, loader=load)

    async def get(self, key):
        if self.memory is None:
            return await self.get_shared(key)

        # The loader of the one in front asks the one behind.
        async def forward():
            return await self.get_shared(key)
        return await self.memory.get(key, loader=forward)
    # [/get]

    async def get_all(self):
        keys = [f'price:{i}' for i in range(1, N_PRICES + 1)]
        return sum([await self.get(key) == f'the price of {key}' for key in keys])

    # [delete]
    async def delete(self, key):
        self.shared.delete(key)
        await self.shared.flush()
        if self.memory is not None:
            self.memory.delete(key)
    # [/delete]

    async def let_crowd_ask(self, key):
        self.database.awake.clear()
        self.crowd = [asyncio.create_task(self.get_shared(key)) for _ in range(CROWD)]
        # Redis is asked first.
        await self.database.asked.wait()

    async def serve_crowd(self):
        self.database.awake.set()
        return len(await asyncio.gather(*self.crowd))

    async def wait_for_second_connection(self):
        notified = asyncio.Event()
        self.redis.memo.connect('notify::connected', lambda *_: notified.set())
        while self.redis.memo.props.connections < 2:
            await notified.wait()
            notified.clear()

    async def answer(self, question, *rest):
        if question == 'get':
            return await self.get(*rest)
        if question == 'all':
            return await self.get_all()
        if question == 'serve':
            return await self.serve_crowd()
        if question == 'queries':
            return self.database.n_queries
        if question == 'remote-hits':
            return self.shared.get_metrics().remote_hits

        if question == 'delete':
            await self.delete(*rest)
        elif question == 'pass':
            self.clock.advance(float(*rest))
        elif question == 'crowd':
            await self.let_crowd_ask(*rest)
        elif question == 'flush':
            await self.shared.flush()
        elif question == 'reconnected':
            await self.wait_for_second_connection()
        else:
            raise SystemExit(f'What does “{question}” mean?')
        return 'done'


async def main():
    folder, uri, memory_ttl = sys.argv[1:]
    process = Process(folder, uri, float(memory_ttl))
    for line in sys.stdin:
        print(await process.answer(*line.split()), flush=True)


asyncio.run(main())
