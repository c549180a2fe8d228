# SPDX-License-Identifier: LGPL-2.1-or-later
"""AgentCacheSession: its calls, and how they end."""
import asyncio

import pytest

from agent_world import World
from libcache import AgentCache, AgentCacheInvalidator, AgentCacheSession, AgentPrincipal, AsyncCache, Backend, Error


def test_exceptions_are_themselves_for_all_who_wait(run, held):
    async def main():
        raised = LookupError('no such file')
        load = held(raised)

        @AgentCache()
        async def fail(path):
            return await load()

        async with AgentCacheSession():
            waiting = [asyncio.ensure_future(fail('a')) for _ in range(3)]
            await load.started()
            load.release()
            assert await asyncio.gather(*waiting, return_exceptions=True) == [raised] * 3 and load.calls == 1

        @AgentCacheInvalidator()
        async def fail_to_change():
            raise raised

        with pytest.raises(LookupError) as caught:
            await fail_to_change()
        assert caught.value is raised
    run(main())


def test_a_task_that_is_cancelled_ends_its_own_wait_only(run, settle, held):
    async def main():
        load = held('value')

        @AgentCache()
        async def read(path):
            return await load()

        async with AgentCacheSession():
            first, second = asyncio.ensure_future(read('a')), asyncio.ensure_future(read('a'))
            await load.started()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            load.release()
            assert await second == 'value' and load.cancelled == 0

            alone = asyncio.ensure_future(read('b'))
            await load.started()
            alone.cancel()
            await settle()
            assert load.cancelled == 1
    run(main())


def test_a_session_that_is_closed_with_loads_in_flight(run, settle, held):
    async def main():
        load = held('value')

        @AgentCache(scope='session')
        async def own():
            return await load()

        @AgentCache()
        async def shared():
            return await load()

        async with AgentCacheSession('ends') as session:
            waiting = [asyncio.ensure_future(call()) for call in (own, shared)]
            await load.started(), await load.started()
        async with AgentCacheSession():
            goes_on = asyncio.ensure_future(shared())
            await settle()
            for result in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(result, Error) and result.code == Error.CLOSED
            assert load.cancelled >= 1
            load.release(4)
            assert await goes_on == 'value'

        session.close()
        with pytest.raises(Error, match='open another') as caught:
            async with session:
                pass
        assert caught.value.code == Error.CLOSED
    run(main())


def test_a_change_that_is_cancelled_is_asked_to_end(run, settle, held):
    async def main():
        world = World()
        gate = held('never')

        @AgentCacheInvalidator(resource='file:{path}')
        async def write(path):
            await gate()

        async with AgentCacheSession():
            changing = asyncio.ensure_future(write('a.txt'))
            await gate.started()
            changing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await changing
            await settle()
            assert gate.cancelled == 1
            # The bracket is closed: what is read now is kept.
            await world.read_file('a.txt'), await world.read_file('a.txt')
            assert world.calls == ['a.txt']
    run(main())


def test_a_change_that_has_begun_goes_on_when_its_session_is_closed(run, settle, held):
    async def main():
        world = World()
        gate = held('done')

        @AgentCacheInvalidator(resource='file:{path}')
        async def write(path):
            await gate()
            world.files[path] = 'new'

        async with AgentCacheSession():
            changing = asyncio.ensure_future(write('a.txt'))
            await gate.started()
        with pytest.raises(Error) as caught:
            await changing
        assert caught.value.code == Error.CLOSED
        assert await world.read_file('a.txt') == await world.read_file('a.txt') == 'one'
        assert world.calls == ['a.txt', 'a.txt']
        gate.release()
        await settle()
        assert gate.cancelled == 0
        assert await world.read_file('a.txt') == await world.read_file('a.txt') == 'new'
        assert len(world.calls) == 3
    run(main())


def test_a_task_that_outlives_its_session_is_told_so(run, held):
    async def main():
        world = World()
        gate = asyncio.Event()

        async def late():
            await gate.wait()
            await world.read_file('a.txt')

        async with AgentCacheSession('over'):
            task = asyncio.ensure_future(late())
        gate.set()
        with pytest.raises(Error) as caught:
            await task
        assert caught.value.code == Error.CLOSED and world.calls == []
    run(main())


def test_a_session_is_entered_once(run):
    async def main():
        async with AgentCacheSession() as session:
            with pytest.raises(RuntimeError, match='before'):
                async with session:
                    pass
            assert not session.closed
    run(main())


# --- tools that call tools ---

def test_what_is_made_of_another_result_is_dropped_with_it(run):
    async def main():
        world = World()
        counted = []

        @AgentCache()
        async def count_letters(path):
            counted.append(path)
            return len(await world.read_file(path))

        async with AgentCacheSession():
            assert await count_letters('a.txt') == await count_letters('a.txt') == 3
            await world.write_file('b.txt', 'x')
            await count_letters('a.txt')
            assert len(counted) == 1
            await world.write_file('a.txt', 'three')
            assert await count_letters('a.txt') == 5
    run(main())


def test_a_tool_may_have_an_agent_of_its_own(run):
    async def main():
        world = World()

        @AgentCache()
        async def delegate():
            async with AgentCacheSession('the one of the tool'):
                await world.add_note('x')
                return await world.notes()

        async with AgentCacheSession() as session:
            assert await delegate() == 1
            assert AgentCacheSession.current() is session
            assert await world.notes() == 2
    run(main())


def test_a_load_that_begins_when_who_asked_has_gone_is_in_the_session_of_that_one(run, settle):
    class SlowTier(Backend):
        def __init__(self):
            super().__init__()
            self.asked, self.answers = asyncio.Event(), asyncio.Event()

        async def load(self, key):
            self.asked.set()
            await self.answers.wait()

        async def store(self, key, data, ttl):
            pass

        async def remove(self, key, only=None):
            pass

        async def clear(self):
            pass

    async def main():
        world = World()
        seen = []

        @AgentCache()
        async def which(path):
            seen.append(AgentCacheSession.current())
            with pytest.raises(Error) as caught:
                await world.notes()
            assert caught.value.code == Error.NO_SESSION
            return path

        tier = SlowTier()
        async with AsyncCache(backup=tier, tier_timeout=None) as cache:
            principal = AgentPrincipal('anna', cache=cache)
            async with AgentCacheSession('first', principal=principal) as session:
                first = asyncio.ensure_future(which('a'))
                await tier.asked.wait()
                async with AgentCacheSession('second', principal=principal):
                    second = asyncio.ensure_future(which('a'))
                    await settle()
                    first.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await first
                    tier.answers.set()
                    assert await second == 'a'
        # What is for all is not made of the data of the session that happened to wait.
        assert seen == [session] and world.calls == []
    run(main())
