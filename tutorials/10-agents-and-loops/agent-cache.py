#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The three agents of by-hand.py, with an agent cache."""
import asyncio

from desk import Desk
from libcache import AgentCache, AgentCacheInvalidator, AgentCacheSession, AgentLoopDetectedError

BUDGET = 1000


class Tools:
    """What an agent calls, on a desk."""

    def __init__(self, desk):
        # [tools]
        @AgentCache(resource='file:{path}')
        async def find_file(path):
            return desk.find(path)

        @AgentCache(resource='file:{path}')
        async def read_file(path):
            return desk.read(path)

        @AgentCacheInvalidator(resource='file:{path}')
        async def write_file(path, text):
            desk.write(path, text)
        # [/tools]

        self.find_file, self.read_file, self.write_file = find_file, read_file, write_file


async def answer_questions(session, tools, desk):
    for _ in range(40):
        await tools.read_file('book.txt')
        # [progress]
        # A question is answered: the next read of the book is no repetition.
        session.mark_progress()
        # [/progress]
    print(f'  {desk.n_executed} of 40 reads were executed')


async def add_up(_session, tools, desk):
    n_stale = 0
    for _ in range(10):
        total = await tools.read_file('total.txt')
        n_stale += total != desk.files['total.txt']
        await tools.write_file('total.txt', str(int(total) + 1))
    print(f'  {n_stale} of 10 reads were stale, and the total is {desk.files["total.txt"]}')


# [search]
async def search(_session, tools, desk):
    """When it is told that it goes round in a loop, it does something else: it reads what there is to read."""
    places = ['settings.ini', 'src/settings.ini']
    n_calls = 0
    try:
        while n_calls < BUDGET:
            await tools.find_file(places[n_calls % 2])
            n_calls += 1
    except AgentLoopDetectedError as error:
        print(f'  after {n_calls} calls, {desk.n_executed} of them executed:\n  {error}')

    for path in ('README', 'conf/app.toml'):
        text = await tools.read_file(path)
        n_calls += 1
        print(f'  {path}: {text}')
    print(f'  {n_calls} calls, and found')
# [/search]


async def play(title, story):
    desk = Desk()
    tools = Tools(desk)
    print(title)
    async with AgentCacheSession(title) as session:
        await story(session, tools, desk)
    print()


async def main():
    await play('Forty questions about one book', answer_questions)
    await play('Ten times one more', add_up)
    await play('Where are the settings?', search)


asyncio.run(main())
