#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A search looks into files that no argument names. It says which ones, or does not."""
import asyncio
import pathlib
import sys

from libcache import AgentCache, AgentCacheInvalidator, AgentCacheSession, add_resources

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from desk import Desk  # noqa: E402


async def work(says_what_it_reads):
    desk = Desk()

    # [search]
    @AgentCache()
    async def search_text(word):
        found = []
        for path in sorted(desk.files):
            if says_what_it_reads:
                add_resources(f'file:{path}')
            if word in desk.read(path):
                found.append(path)
        return ', '.join(found)
    # [/search]

    @AgentCacheInvalidator(resource='file:{path}')
    async def write_file(path, text):
        desk.write(path, text)

    async def look(when):
        before = desk.n_executed
        print(f'  {when:22} {await search_text("red")} ({desk.n_executed - before} files read)')

    print('The search says what it reads' if says_what_it_reads else 'The search does not say what it reads')
    async with AgentCacheSession('searches'):
        await look('"red" is in')
        await look('asked once more')
        await write_file('README', 'The colour is red.')
        await look('README is changed')


async def main():
    await work(False)
    await work(True)


asyncio.run(main())
