# SPDX-License-Identifier: LGPL-2.1-or-later
"""AsyncCache.changing(): the bracket around a change that no decorated read is tied to."""
import asyncio

import pytest

from libcache import AsyncCache


class Source:
    """A table that is read through a cache, and says what it was asked for."""

    def __init__(self):
        self.rows = {'a': 1, 'b': 2}
        self.asked = []
        self.cache = AsyncCache(maxsize=10)

    async def get(self, key, tags=()):
        async def load():
            self.asked.append(key)
            return self.rows[key]
        return await self.cache.get(key, loader=load, tags=tags)


def test_rule_18_what_is_read_meanwhile_is_given_and_not_kept(run):
    async def main():
        source = Source()
        assert await source.get('a') == 1
        async with source.cache.changing('a'):
            # As it was before the change, for those who ask now.
            assert await source.get('a') == 1
            assert await source.get('a') == 1
            source.rows['a'] = 10
        assert await source.get('a') == 10
        assert await source.get('a') == 10
        assert source.asked == ['a'] * 4
    run(main())


def test_failure_03_a_load_that_was_under_way_is_not_kept(run, settle):
    async def main():
        source, gate = Source(), asyncio.Event()

        async def read_and_wait():
            row = source.rows['a']
            await gate.wait()
            return row

        for leaves in (True, False):
            gate.clear()
            source.cache.clear()
            overlapping = asyncio.ensure_future(source.cache.get('a', loader=read_and_wait))
            await settle()
            async with source.cache.changing('a'):
                source.rows['a'] += 10
                if not leaves:
                    gate.set()
                    await overlapping
            gate.set()
            assert await overlapping == source.rows['a'] - 10
            assert await source.get('a') == source.rows['a']
    run(main())


def test_only_what_is_named_is_touched(run):
    async def main():
        source = Source()
        for what in (['a'], [], []), ([], 'letters', []), ([], iter(['letters']), []):
            source.asked.clear()
            source.cache.clear()
            await source.get('a', tags='letters'), await source.get('b')
            async with source.cache.changing(*what[0], tags=what[1]):
                pass
            await source.get('a'), await source.get('b')
            assert source.asked == ['a', 'b', 'a']
        async with source.cache.changing('a', 'b'):
            pass
        assert 'a' not in source.cache and 'b' not in source.cache
    run(main())


def test_everything_is_all_there_is(run):
    async def main():
        source = Source()
        await source.get('a'), await source.get('b')
        async with source.cache.changing(everything=True):
            assert len(source.cache) == 0
            await source.get('a')
            assert len(source.cache) == 0
        await source.get('a')
        assert len(source.cache) == 1
    run(main())


def test_a_change_that_fails_closes_the_bracket(run):
    async def main():
        source = Source()
        with pytest.raises(OSError, match='half done'):
            async with source.cache.changing('a'):
                source.rows['a'] = 10
                await source.get('a')
                raise OSError('half done')
        assert 'a' not in source.cache
        assert await source.get('a') == 10
        assert 'a' in source.cache
    run(main())


def test_a_change_that_is_cancelled_closes_the_bracket(run, settle):
    async def main():
        source, inside = Source(), asyncio.Event()

        async def change():
            async with source.cache.changing('a'):
                inside.set()
                await asyncio.get_running_loop().create_future()

        task = asyncio.ensure_future(change())
        await inside.wait()
        await source.get('a')
        assert 'a' not in source.cache
        task.cancel()
        # Once more, while the bracket is being closed.
        asyncio.get_running_loop().call_soon(task.cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        await settle()
        await source.get('a')
        assert 'a' in source.cache
    run(main())


def test_two_changes_of_one_key_are_closed_by_the_last(run):
    async def main():
        source = Source()
        async with source.cache.changing('a'):
            async with source.cache.changing('a'):
                pass
            await source.get('a')
            assert 'a' not in source.cache
        await source.get('a')
        assert 'a' in source.cache
    run(main())


@pytest.mark.one_loop
def test_a_change_of_nothing_is_refused():
    cache = AsyncCache()
    with pytest.raises(TypeError, match='say what is changed'):
        cache.changing()
    with pytest.raises(TypeError, match='say what is changed'):
        cache.changing(tags=iter(()))
    with pytest.raises(TypeError, match='a tag is a string'):
        cache.changing(tags=[1])
