# SPDX-License-Identifier: LGPL-2.1-or-later
"""AgentLoopDetectedError, and what a session does about loops.

What the detectors find is proved where they are written, in C; here it is shown that all of it is reached.
"""
import asyncio
import pickle

import pytest

from agent_world import World, repeat
from libcache import AgentCache, AgentCacheSession, AgentLoopDetectedError, Error


def test_the_sixth_call_in_a_row_is_a_loop_and_not_executed(run):
    async def main():
        world = World()
        async with AgentCacheSession() as session:
            n_done, error = await repeat(9, world.read_file, 'a.txt')
            assert n_done == 5
            assert (error.detector, error.tool, error.count, error.cycle) == ('repeat', 'read_file', 6, ['read_file'])
            assert error.code == Error.AGENT_LOOP and isinstance(error, Error)
            assert 'read_file' in str(error) and str(error) == error.message
            again = pickle.loads(pickle.dumps(error))
            assert (str(again), again.cycle) == (str(error), error.cycle)
            assert session.get_metrics().loop_detections == 1
            assert await world.read_file('b.txt') == 'two'
        assert world.calls == ['a.txt', 'b.txt']
    run(main())


def test_limits_and_marked_progress(run):
    async def main():
        world = World()
        async with AgentCacheSession(max_tool_repeats=2) as session:
            assert (await repeat(9, world.read_file, 'a.txt'))[0] == 2
            session.mark_progress()
            assert (await repeat(9, world.read_file, 'a.txt'))[0] == 2
            await world.write_file('a.txt', 'other')
            assert (await repeat(9, world.read_file, 'a.txt'))[0] == 2
        async with AgentCacheSession(max_calls=3):
            for path in ('a.txt', 'b.txt', 'a.txt'):
                await world.read_file(path)
            assert (await repeat(1, world.read_file, 'b.txt'))[1].detector == 'budget'
        async with AgentCacheSession(loop_detection=False):
            assert (await repeat(30, world.read_file, 'a.txt'))[1] is None
        assert (await repeat(30, world.read_file, 'a.txt'))[1] is None
    run(main())


def test_on_loop_short_circuit_answers_with_what_is_remembered(run):
    async def main():
        world = World()

        @AgentCache(ttl=0)
        async def never_kept():
            return 'value'

        async with AgentCacheSession(on_loop='short-circuit') as session:
            assert (await repeat(9, world.read_file, 'a.txt'))[1] is None
            assert session.get_metrics().loop_detections == 4
            assert (await repeat(9, never_kept))[0] == 5
    run(main())


def test_on_loop_warn_says_it_once_and_goes_on(run, capfd):
    async def main():
        world = World()
        async with AgentCacheSession('warned', on_loop='warn') as session:
            for _ in range(9):
                await world.read_file('a.txt', use_cache=False)
            assert session.get_metrics().loop_detections == 4
        assert len(world.calls) == 9
    run(main())
    assert capfd.readouterr().err.count('warned') == 1


def test_on_loop_may_be_a_function(run):
    async def main():
        world = World()
        seen, answers = [], [None, 'short-circuit', 'raise', 'nonsense']

        def decide(error):
            seen.append(error.detector)
            return answers[len(seen) - 1]

        async with AgentCacheSession(on_loop=decide):
            n_done, error = await repeat(9, world.read_file, 'a.txt')
            assert n_done == 5 and seen == ['repeat']
            assert await world.read_file('a.txt') == 'one'
            with pytest.raises(AgentLoopDetectedError):
                await world.read_file('a.txt')
            # What is wrong with it comes out where the call is.
            with pytest.raises(ValueError, match='nonsense'):
                await world.read_file('a.txt')
    run(main())


def test_the_other_detectors(run):
    async def main():
        world = World()
        errors = [PermissionError('403 (request 17)'), PermissionError('403 (request 18)'), PermissionError('403 (request 19)')]

        @AgentCache()
        async def fetch(url):
            raise errors.pop()

        @AgentCache()
        async def busy():
            raise TimeoutError('slow')

        @AgentCache()
        async def plan(what):
            return await plan(what)

        @AgentCache()
        async def deeper(n):
            return await deeper(n + 1)

        async with AgentCacheSession(max_execution_depth=4):
            for _ in range(3):
                with pytest.raises(PermissionError):
                    await fetch('x')
            assert (await repeat(1, fetch, 'x'))[1].detector == 'retry-storm'

            # What may pass by itself may be tried more often.
            for _ in range(5):
                with pytest.raises(TimeoutError, match='slow'):
                    await busy()
            assert (await repeat(1, busy))[1].detector == 'retry-storm'

            for _ in range(3):
                await world.read_file('a.txt'), await world.read_file('b.txt')
            error = (await repeat(1, world.read_file, 'a.txt'))[1]
            assert (error.detector, error.cycle) == ('oscillation', ['read_file', 'read_file'])

            error = (await repeat(1, plan, 'the week'))[1]
            assert (error.detector, error.tool) == ('nesting', 'plan')
            error = (await repeat(1, deeper, 0))[1]
            assert (error.detector, error.count) == ('nesting', 5)
            # Side by side is not deep.
            await asyncio.gather(*(world.read_file(path) for path in 'a.txt b.txt a.txt'.split()))

        with pytest.raises(Error) as caught:
            async with AgentCacheSession(loop_detection=False):
                await plan('the week')
        assert caught.value.code == Error.RECURSION
    run(main())


def test_polls_repeatables_and_arguments_that_do_not_count(run):
    async def main():
        pages, polls, numbers = [], [], []

        @AgentCache(poll=True)
        async def status():
            polls.append(None)
            return 'running'

        @AgentCache(repeatable=True, ttl=0)
        async def next_page():
            pages.append(None)
            return len(pages) // 100

        @AgentCache(volatile_args=['request', 1, 'trace'])
        async def read(path, when=0, *, request, **more):
            numbers.append((path, when, request, more))

        async with AgentCacheSession():
            assert (await repeat(30, status))[1] is None and len(polls) == 30
            assert (await repeat(30, next_page))[1] is None and len(pages) == 30
            for n in range(5):
                await read('a', n, request=n, trace=n)
            with pytest.raises(AgentLoopDetectedError):
                await read('a', 5, request=5, trace=5)
            await read('a', 1, request=1, other=1)
        # The function gets them all the same.
        assert numbers == [('a', 0, 0, {'trace': 0}), ('a', 1, 1, {'other': 1})]
    run(main())


def test_outcomes_are_the_same_when_their_values_are(run):
    class Opaque:
        def __reduce__(self):
            raise TypeError('cannot be pickled')

    async def main():
        values = {'equal': lambda n: {'a': [1, 'x']}, 'differs': lambda n: {'a': n}, 'opaque': lambda n: Opaque(),
                  'page': lambda n: f'at {n}: nothing', 'described': lambda n: f'at {n}: nothing'}
        calls = []

        async def main_of(name, **options):
            @AgentCache(ttl=0, **options)
            async def read():
                calls.append(None)
                return values[name](len(calls))

            async with AgentCacheSession():
                return (await repeat(30, read))[0]

        assert await main_of('equal') == 5
        assert await main_of('differs') == 20
        assert await main_of('opaque') == 20
        assert await main_of('page') == 20
        assert await main_of('described', describe=lambda text: text.partition(':')[2]) == 5
    run(main())
