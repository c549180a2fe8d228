# SPDX-License-Identifier: LGPL-2.1-or-later
"""AsyncLRU and AsyncTTL."""
import asyncio
import inspect

import pytest

from libcache import AsyncCache, AsyncLRU, AsyncTTL


@pytest.fixture
def counted():
    """A function that counts what it was called with."""
    async def function(x, y=2, *, z=3):
        """Says what it was called with."""
        function.calls.append((x, y, z))
        return [x, y, z]

    function.calls = []
    return function


def test_a_function_is_called_once(run, counted):
    async def main():
        f = AsyncLRU(maxsize=128)(counted)
        first = await f(1)
        assert await f(1) is first
        # Failure 10: it is one call, however it is written.
        assert await f(x=1) is first and await f(1, 2) is first and await f(1, y=2, z=3) is first
        assert await f(2) == [2, 2, 3]
        # Failure 08: other types are other calls.
        assert await f(1.0) is not first and await f(True) is not first and await f('1') is not first
        assert len(counted.calls) == 5
        assert await asyncio.gather(*(f('herd') for _ in range(100))) == [['herd', 2, 3]] * 100
        assert len(counted.calls) == 6
    run(main())


def test_least_recently_used_goes_first(run, counted):
    async def main():
        f = AsyncLRU(maxsize=2)(counted)
        for x in (1, 2, 1, 3, 1, 2):
            await f(x)
        assert [x for x, *_ in counted.calls] == [1, 2, 3, 2]
    run(main())


def test_time_to_live(run, counted, clock):
    async def main():
        f = AsyncTTL(time_to_live=60, clock=clock)(counted)
        ever = AsyncTTL(time_to_live=None, clock=clock)(counted)
        for advance, calls in ((0, 2), (59.999, 2), (0.001, 3), (59, 3), (1, 4)):
            clock.advance(advance)
            await f(1)
            await ever(1)
            assert len(counted.calls) == calls
    run(main())


def test_defaults_of_the_guide(run, counted):
    lru, ttl = AsyncLRU()(counted), AsyncTTL()(counted)
    assert lru.cache.memo.get_maxsize() == 128
    assert (ttl.cache.memo.get_maxsize(), ttl.cache.memo.get_default_ttl()) == (1024, 60.0)


def test_without_parentheses(run, counted):
    async def main():
        for decorator in (AsyncLRU, AsyncTTL):
            f = decorator(counted)
            assert await f(1) is await f(1)
            assert isinstance(f._decorator, decorator)
    run(main())


def test_it_looks_like_the_function(counted):
    f = AsyncLRU()(counted)
    assert (f.__name__, f.__doc__, f.__module__) == ('function', 'Says what it was called with.', __name__)
    assert f.__wrapped__ is counted
    assert inspect.signature(f) == inspect.signature(counted)
    assert asyncio.iscoroutinefunction(f) and inspect.iscoroutinefunction(f)
    assert 'AsyncLRU' in repr(f)


def test_use_cache_false_calls_the_function_and_keeps_what_it_says(run, counted):
    async def main():
        f = AsyncTTL(60)(counted)
        old = await f(1)
        new = await f(1, use_cache=False)
        assert new is not old and await f(1) is new
        assert f.get_metrics().loads == 2
    run(main())


def test_invalidate_clear_metrics(run, counted):
    async def main():
        f = AsyncLRU(maxsize=10)(counted)
        await f(1)
        await f(2)
        assert f.invalidate_cache(x=1) is True and f.invalidate_cache(1) is False
        await f(1)
        assert len(counted.calls) == 3
        f.clear_cache()
        await f(2)
        assert len(counted.calls) == 4
        metrics = f.get_metrics()
        assert (metrics.hits, metrics.misses, metrics.size, metrics.hit_rate) == (0, 4, 1, 0.0)
    run(main())


def test_methods(run):
    class Sessions:
        def __init__(self, name):
            self.name = name
            self.calls = 0

        @AsyncTTL(time_to_live=60, skip_args=1)
        async def get(self, token):
            self.calls += 1
            return f'{self.name} {token}'

        @AsyncLRU
        @staticmethod
        async def static(x):
            return x

        @AsyncLRU(skip_args=1)
        def blocking(self, x):
            return x * 2

    async def main():
        one, two = Sessions('one'), Sessions('two')
        assert await one.get('a') == 'one a' and await two.get('a') == 'one a'
        assert two.get.invalidate_cache('a') is True
        assert await two.get(token='a') == 'two a'
        assert one.get.key('a') == f'{Sessions.get.__module__}.{Sessions.get.__qualname__}(s "a")'
        one.get.clear_cache()
        assert one.get.get_metrics().size == 0
        assert one.get == one.get and one.get != two.get and hash(one.get) == hash(one.get)
        assert one.get.__name__ == 'get' and one.get.__self__ is one
        assert await one.blocking(2) == 4
    run(main())


def test_exceptions_pass_and_are_not_kept(run):
    calls = []

    async def fail(x):
        calls.append(x)
        raise ValueError(x)

    async def main():
        f = AsyncLRU(fail)
        for _ in range(2):
            with pytest.raises(ValueError, match='7'):
                await f(7)
        assert len(calls) == 2
    run(main())


@pytest.mark.one_loop
def test_wrong_arguments_are_refused(run, counted):
    async def main():
        f = AsyncLRU(counted)
        for wrong in (lambda: f(), lambda: f(1, 2, 3), lambda: f(1, w=5), lambda: f(1, x=1)):
            with pytest.raises(TypeError):
                await wrong()
        assert counted.calls == []
    run(main())
    for wrong in (lambda: AsyncLRU(maxsize=-1)(counted), lambda: AsyncTTL(-1), lambda: AsyncLRU(skip_args=-1)(counted),
                  lambda: AsyncLRU()(5), lambda: AsyncLRU(no_such_option=1)(counted)):
        with pytest.raises((TypeError, ValueError)):
            wrong()


def test_functions_that_share_a_cache_do_not_share_answers(run):
    shared = AsyncCache(maxsize=100)

    @AsyncLRU(cache=shared)
    async def one(x):
        return 'one'

    @AsyncTTL(60, cache=shared)
    async def two(x):
        return 'two'

    async def main():
        assert (await one(1), await two(1)) == ('one', 'two')
        one.clear_cache()
        assert len(shared) == 1 and await two(1) == 'two'
    run(main())
