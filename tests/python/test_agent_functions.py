# SPDX-License-Identifier: LGPL-2.1-or-later
"""What AgentCache and AgentCacheInvalidator make of functions."""
import asyncio
import gc
import inspect
import threading
import weakref

import pytest

from agent_world import World, repeat
from libcache import MISS, AgentCache, AgentCacheInvalidator, AgentCacheSession, AgentPrincipal, AsyncCache, DiskBackend


@pytest.mark.one_loop
def test_names_docstrings_and_signatures_are_kept(run):
    @AgentCache
    async def read_file(path: str, *, mode='r') -> str:
        """Read a file."""

    @AgentCacheInvalidator('file:{path}', name='write')
    async def write_file(path: str):
        """Write a file."""

    for function in (read_file, write_file):
        assert inspect.iscoroutinefunction(function)
        assert function.__doc__.endswith('a file.') and function.__module__ == __name__
        assert 'path: str' in str(inspect.signature(function))
    assert read_file.__name__ == 'read_file' and repr(read_file) == '<AgentCache read_file>'
    assert repr(write_file) == '<AgentCacheInvalidator write>'
    assert 'resource' in str(inspect.signature(AgentCache)) and 'self' not in str(inspect.signature(AgentCache))


def test_methods_and_results_by_hand(run):
    class Files:
        n_calls = 0

        @AgentCache(resource='file:{path}', skip_args=1, maxsize=2)
        async def read(self, path):
            Files.n_calls += 1
            return MISS if path == 'none' else path

    async def main():
        files = Files()
        assert await files.read('a') == await Files().read('a') == 'a' and Files.n_calls == 1
        assert await files.read('a', use_cache=False) == 'a' and Files.n_calls == 2
        files.read.invalidate_cache(path='a')
        await files.read('a')
        assert Files.n_calls == 3
        files.read.clear_cache()
        await files.read('a')
        assert await files.read('none') is None and await files.read('none') is None
        assert Files.n_calls == 6
        for path in 'bcd':
            await files.read(path)
        await files.read('a')
        assert Files.n_calls == 10
        metrics = files.read.get_metrics()
        assert (metrics.hits, metrics.misses, metrics.loads) == (1, 10, 10)
        assert metrics.hit_rate == 1 / 11 and metrics.invalidations == 2 and metrics.loop_detections == 0
    run(main())


def test_time_to_live(run, clock):
    async def main():
        calls = []

        @AgentCache(ttl=60)
        async def read():
            calls.append(None)

        principal = AgentPrincipal(clock=clock)
        async with AgentCacheSession(principal=principal):
            await read(), await read()
            clock.advance(59.999)
            await read()
            assert len(calls) == 1
            clock.advance(0.001)
            await read()
            assert len(calls) == 2
    run(main())


@pytest.mark.one_loop
def test_a_cache_with_a_tier_keeps_what_is_for_all(run, tmp_path):
    calls = []

    @AgentCache(resource='file:{path}')
    async def read(path):
        calls.append(path)
        return {'path': path, 'content': [1, 2]} if path != 'bad' else object()

    @AgentCacheInvalidator(resource='file:{path}')
    async def write(path):
        pass

    async def main(*paths, change=None):
        backup = DiskBackend(tmp_path / 'tools.db')
        async with AsyncCache(backup=backup) as cache:
            async with AgentCacheSession(principal=AgentPrincipal('anna', cache=cache)):
                for path in paths:
                    assert (await read(path))['content'] == [1, 2]
                if change:
                    await write(change)
                with pytest.raises(TypeError, match='plain data|object'):
                    await read('bad')
                del calls[calls.index('bad')]

    run(main('a', 'b'))
    run(main('a', 'b', change='a'))
    assert calls == ['a', 'b']
    run(main('a', 'b'))
    assert calls == ['a', 'b', 'a']

    async def twice():
        async with AsyncCache() as cache:
            principal = AgentPrincipal(cache=cache)

            def make():
                @AgentCache(name='the same')
                async def tool():
                    return 1
                return tool

            first, second = make(), make()
            async with AgentCacheSession(principal=principal):
                await first()
                with pytest.raises(ValueError, match='name='):
                    await second()
    run(twice())


def test_functions_of_one_name_are_not_mixed_up(run):
    async def main():
        def make(answer):
            @AgentCache
            async def tool():
                return answer
            return tool

        tools = [make(n) for n in range(3)]
        assert [await tool() for tool in tools] == [await tool() for tool in tools] == [0, 1, 2]
        async with AgentCacheSession():
            error = (await repeat(9, tools[2]))[1]
            assert error.tool == 'tool' and error.cycle == ['tool'] and '#' not in str(error)
    run(main())


@pytest.mark.one_loop
def test_what_a_function_answered_goes_with_it(run):
    class Value:
        pass

    async def main():
        @AgentCache
        async def tool():
            return Value()

        return weakref.ref(await tool()), weakref.ref(tool)

    # PyGObject keeps the last value that a thread was given.
    async def another():
        await World().read_file('a.txt'), await World().read_file('a.txt')

    left = run(main())
    run(another())
    gc.collect()
    assert [reference() for reference in left] == [None, None]


@pytest.mark.one_loop
def test_threads_with_a_loop_each_share_a_load(run):
    began, goes_on = threading.Event(), threading.Event()
    calls, answers = [], []

    @AgentCache
    def read():
        calls.append(None)
        began.set()
        assert goes_on.wait(30)
        return 'value'

    async def main():
        async with AgentCacheSession():
            answers.append(await read())

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(3)]
    threads[0].start()
    assert began.wait(30)
    for thread in threads[1:]:
        thread.start()
    goes_on.set()
    for thread in threads:
        thread.join()
    assert answers == ['value'] * 3 and len(calls) == 1


@pytest.mark.one_loop
def test_nothing_is_left_of_calls(run):
    async def main():
        world = World()
        async with AgentCacheSession() as session:
            await world.read_file('a.txt')
            with pytest.raises(KeyError):
                await world.read_file('nowhere')
            with pytest.raises(TypeError):
                await world.read_file()
        assert all(not made.calls._waiting for made in world.read_file._made.values())
        return weakref.ref(session), weakref.ref(world.read_file)

    left = run(main())
    gc.collect()
    assert [reference() for reference in left] == [None, None]
