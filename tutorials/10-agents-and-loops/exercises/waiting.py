#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""An agent waits for a server that needs ten questions until it is up: a poll, or none."""
import asyncio

from libcache import AgentCache, AgentCacheSession, AgentLoopDetectedError


async def wait_for_server(poll):
    n_questions = 0

    # [poll]
    @AgentCache(poll=poll)
    async def server_state():
        nonlocal n_questions
        n_questions += 1
        return 'up' if n_questions == 10 else 'starting'
    # [/poll]

    async with AgentCacheSession('waits'):
        try:
            while (state := await server_state()) == 'starting':
                pass
        except AgentLoopDetectedError as error:
            state = error
    print(f'{"A poll" if poll else "Not a poll"}: {n_questions} questions reached the server\n  {state}')


async def main():
    await wait_for_server(False)
    await wait_for_server(True)


asyncio.run(main())
