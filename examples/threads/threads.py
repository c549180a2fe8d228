#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""One cache, several threads. Each thread that waits for something has an event loop of its own, and goes on there; who only looks
up needs none.
"""
import asyncio
import threading

from libcache import AsyncCache

cache = AsyncCache(maxsize=100)


def where():
    return 'the main thread' if threading.current_thread() is threading.main_thread() else 'a thread of its own'


def square(number):
    print(f'  the loader of {number} runs in {where()}')
    return number * number


async def ask(key, loader):
    value = await cache.get(key, loader=loader)
    print(f'  and is called back in {where()}: {value}')


# [thread]
async def square_in_the_loop():
    return square(7)


def ask_thread():
    asyncio.run(ask('7', square_in_the_loop))
# [/thread]


async def main():
    async def square_of_5():
        return square(5)

    print('The main thread asks for 5')
    await ask('5', square_of_5)

    print('The main thread asks for 6, by a loader that runs in threads')
    await ask('6', lambda: square(6))


asyncio.run(main())

print('A thread asks for 7')
thread = threading.Thread(target=ask_thread)
thread.start()
thread.join()

found = []
thread = threading.Thread(target=lambda: found.append(cache.lookup('7')))
thread.start()
thread.join()
print(f'Another thread looks it up, which needs no main context: {found[0]}')
