#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""An agent at work, without a model: what it calls is written down here.  It reads users of the shop and files, changes
them and reads them again, waits for a job, and falls into each kind of loop.

    agent-tools.py [SHOP.DB]
"""
import asyncio
import itertools
import pathlib
import sys
import tempfile

from libcache import AgentCache, AgentCacheInvalidator, AgentCacheSession, AgentPrincipal, Error
from shop_db import ShopDb, shop_path

FILES = {'notes.txt': 'buy mugs', 'todo.txt': 'nothing', 'a.txt': 'see b', 'b.txt': 'see a'}

# What is called, with which arguments, how often.
READS = [
    ('get_user', {'id': 42}, 3),
    ('read_file', {'path': 'notes.txt'}, 3),
    ('count_words', {'path': 'notes.txt'}, 2),
]
CHANGES = [
    ('set_email', {'id': 42, 'email': 'amira@example.org'}, 1),
    ('get_user', {'id': 42}, 2),
    ('get_user', {'id': 7}, 1),
    ('write_file', {'path': 'notes.txt', 'text': 'buy mugs and glasses and plates'}, 1),
    ('read_file', {'path': 'notes.txt'}, 2),
    ('count_words', {'path': 'notes.txt'}, 2),
]
WAITS = [('job_status', {'job': 'export'}, 8)]
REPEATS = [('read_file', {'path': 'todo.txt'}, 7)]
STORMS = [('fetch', {'url': 'https://shop.example.org/admin'}, 5)]
# Two files in turns.
OSCILLATES = [('read_file', {'path': f'{name}.txt'}, 1) for name in 'abababa']
NESTS = [('plan', {'what': 'the week'}, 1)]
SPENDS = [('get_user', {'id': id}, 1) for id in (1, 2, 3, 4)]


def make_tools(db, folder):
    """The tools by their names, as a model knows them."""
    polls, requests = itertools.count(1), itertools.count(1000)

    # [tools]
    @AgentCache(resource='user:{id}')
    async def get_user(id):
        user = await db.get_user(id)
        return user['email'] if user else 'nobody'

    @AgentCacheInvalidator(resource='user:{id}')
    async def set_email(id, email):
        await db.set_email(id, email)
        return 'done'

    @AgentCache(resource='job:{job}', poll=True)
    async def job_status(job):
        return 'done' if next(polls) % 8 == 0 else 'running'
    # [/tools]

    @AgentCache(resource='page:{url}')
    async def fetch(url):
        raise PermissionError(f'403 forbidden (request r{next(requests)})')

    # [nested]
    @AgentCache
    async def count_words(path):
        return f'{len((await read_file(path)).split(" "))} words'
    # [/nested]

    @AgentCache
    async def plan(what):
        """To make a plan, make a plan."""
        return await plan(what)

    # [in-thread]
    # Files block; what is no `async def` is called in a thread.
    @AgentCache(resource='file:{path}')
    def read_file(path):
        return (folder / path).read_text()
    # [/in-thread]

    @AgentCacheInvalidator(resource='file:{path}')
    def write_file(path, text):
        (folder / path).write_text(text)
        return 'written'

    return {tool.__name__: tool for tool in (get_user, set_email, job_status, fetch, count_words, plan, read_file, write_file)}


async def make_call(tools, name, args):
    """Makes one call, and says what came of it."""
    tool = tools[name]
    before = tool.get_metrics().loads
    try:
        # [call]
        answer = await tool(**args)
        # [/call]
    except (Error, OSError) as error:
        print(f'  {name:12} {error}')
    else:
        print(f'  {name:12} {answer} ({"executed" if tool.get_metrics().loads > before else "remembered"})')


async def play(tools, session, about, steps, loops_expected):
    """Plays what an agent calls, and says whether as many loops were found as there are."""
    before = session.get_metrics().loop_detections
    print(about)
    for name, args, times in steps:
        for _ in range(times):
            await make_call(tools, name, args)
    print()
    return session.get_metrics().loop_detections - before == loops_expected


def print_metrics(tools, principal):
    def line(name, metrics):
        print(f'{name:12} {metrics.hits:5} {metrics.loads:9} {metrics.invalidations:6} {metrics.loop_detections:6}')

    print(f'{"tool":12} {"hits":>5} {"executed":>9} {"stale":>6} {"loops":>6}')
    for name, tool in tools.items():
        line(name, tool.get_metrics())
    everything = principal.get_metrics()
    line('all', everything)
    print(f'{100 * everything.hit_rate:.0f} % of the reads were remembered')


async def main():
    with ShopDb.open_copy(shop_path()) as db, tempfile.TemporaryDirectory(prefix='agent-tools-') as name:
        folder = pathlib.Path(name)
        for file, text in FILES.items():
            (folder / file).write_text(text)

        tools = make_tools(db, folder)
        shopkeeper = AgentPrincipal('the shopkeeper')

        # [session]
        async with AgentCacheSession('an honest one', principal=shopkeeper) as session:
            # [/session]
            right = [
                await play(tools, session, 'What it reads again is remembered', READS, 0),
                await play(tools, session, 'What it changes is read anew, and so is what was made of it', CHANGES, 0),
                await play(tools, session, 'It waits for a job, which is no loop', WAITS, 0),
            ]
        async with AgentCacheSession('a confused one', principal=shopkeeper) as session:
            right += [
                await play(tools, session, 'The same file, again and again', REPEATS, 2),
                await play(tools, session, 'A page that it may not see', STORMS, 2),
                await play(tools, session, 'Two files in turns', OSCILLATES, 1),
                await play(tools, session, 'A plan for a plan', NESTS, 1),
            ]
        async with AgentCacheSession('a spendthrift', principal=shopkeeper, max_calls=3) as session:
            right.append(await play(tools, session, 'More calls than it may make', SPENDS, 1))
            print_metrics(tools, shopkeeper)
        return all(right)


sys.exit(0 if asyncio.run(main()) else 1)
