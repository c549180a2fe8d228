# SPDX-License-Identifier: LGPL-2.1-or-later
"""Functions that share a cache or a tier, and loaders that say that there is nothing."""
import asyncio

import pytest

import libcache
from libcache import MISS, AsyncCache, AsyncLRU, AsyncLRUInvalidator, AsyncTTL, Backend


class Shelf(Backend):
    """Keeps bytes in a dictionary, as what several caches share."""

    __gtype_name__ = 'SharedShelf'

    def __init__(self):
        super().__init__()
        self.kept = {}

    async def load(self, key):
        return self.kept.get(key)

    async def store(self, key, data, ttl):
        self.kept[key] = data

    async def remove(self, key, only=None):
        if only is None or self.kept.get(key) == only:
            self.kept.pop(key, None)

    async def clear(self):
        self.kept.clear()


def counted(**options):
    """Two functions that remember, and how often each was called."""
    calls = []

    @AsyncLRU(name='double', **options)
    async def double(x):
        calls.append(('double', x))
        return 2 * x

    @AsyncLRU(name='square', **options)
    async def square(x):
        calls.append(('square', x))
        return x * x

    return double, square, calls


def test_functions_that_share_a_cache_keep_their_answers_apart(run):
    async def main():
        cache = AsyncCache(maxsize=100)
        double, square, calls = counted(cache=cache)
        assert [await double(3), await square(3), await double(3), await square(3)] == [6, 9, 6, 9]
        assert calls == [('double', 3), ('square', 3)]
        assert double.cache is square.cache is cache and len(cache) == 2
        assert double.get_metrics() == square.get_metrics() == cache.get_metrics()

    run(main())


def test_a_function_that_shares_a_cache_clears_its_own_answers_alone(run):
    async def main():
        cache = AsyncCache(maxsize=100)
        double, square, calls = counted(cache=cache)
        cache.set('other', 1)
        await asyncio.gather(double(1), double(2), square(1))
        double.clear_cache()
        assert 'other' in cache and len(cache) == 2
        await asyncio.gather(double(1), square(1))
        assert calls[3:] == [('double', 1)]

    run(main())


def test_an_invalidator_that_clears_all_drops_the_answers_of_its_reads_alone(run):
    async def main():
        cache = AsyncCache(maxsize=100)
        double, square, calls = counted(cache=cache)

        @AsyncLRUInvalidator(double, clear_all=True)
        async def change():
            """Changes what a double is."""
            assert await square(1) == 1

        await asyncio.gather(double(1), double(2), square(1))
        await change()
        assert len(cache) == 1
        await asyncio.gather(double(1), square(1))
        assert calls[3:] == [('double', 1)]

    run(main())


def test_a_function_that_shares_a_tier_clears_its_own_answers_alone(run):
    async def main():
        shelf = Shelf()
        double, square, calls = counted(backup=shelf)
        await asyncio.gather(double(1), square(1))
        double.clear_cache()
        await double.cache.flush()
        await square.cache.flush()

        # Others, with an empty memory, as after a restart.
        double, square, calls = counted(backup=shelf)
        assert [await double(1), await square(1)] == [2, 1]
        assert calls == [('double', 1)]

    run(main())


def test_answers_in_a_shared_cache_live_as_long_as_the_function_says(run, clock):
    async def main():
        cache = AsyncCache(maxsize=100, default_ttl=300, clock=clock)

        @AsyncTTL(time_to_live=60, cache=cache)
        async def short():
            return 'short'

        @AsyncTTL(time_to_live=None, cache=cache)
        async def long():
            return 'long'

        @AsyncLRU(cache=cache)
        async def neither():
            return 'neither'

        functions = short, long, neither
        await asyncio.gather(*(function() for function in functions))

        def left():
            return [function.__name__ for function in functions if function.key() in cache]

        clock.advance(59.999)
        assert left() == ['short', 'long', 'neither']
        clock.advance(0.001)
        assert left() == ['long', 'neither']
        clock.advance(240)
        assert left() == ['long']

    run(main())


def test_what_a_shared_cache_has_already_cannot_be_given_again():
    with pytest.raises(TypeError, match='give them to AsyncCache'):
        AsyncLRU(cache=AsyncCache(), backup=Shelf())
    with pytest.raises(TypeError, match='give them to AsyncCache'):
        AsyncLRU(cache=AsyncCache(), tier_timeout=1)
    with pytest.raises(TypeError, match='cache is an AsyncCache'):
        AsyncTTL(cache={})


def test_rule_01_a_loader_that_says_that_there_is_nothing_is_asked_again(run):
    async def main():
        cache = AsyncCache()
        calls = []

        async def load():
            calls.append(None)
            return MISS

        assert await cache.get('a', loader=load) is None
        assert await cache.get('a', loader=load, default='nothing') == 'nothing'
        assert len(calls) == 2 and 'a' not in cache
        metrics = cache.get_metrics()
        assert (metrics.misses, metrics.loads, metrics.load_failures, metrics.size) == (2, 2, 0, 0)

    run(main())


def test_rule_01_a_refresh_that_finds_nothing_ends_the_entry(run):
    async def main():
        cache = AsyncCache()
        cache.set('a', 1)

        async def load():
            return MISS

        assert await cache.get('a', loader=load, use_cache=False, default='nothing') == 'nothing'
        assert 'a' not in cache

    run(main())


def test_rule_01_everybody_who_waits_is_told_that_there_is_nothing(run, held):
    async def main():
        cache = AsyncCache()
        load = held(MISS)
        gets = [asyncio.ensure_future(cache.get('a', loader=load, default=i)) for i in range(3)]
        await load.started()
        load.release()
        assert await asyncio.gather(*gets) == [0, 1, 2] and load.calls == 1

    run(main())


def test_rule_21_one_key_of_a_batch_may_have_nothing(run):
    async def main():
        cache = AsyncCache(batch_window_ms=0)

        async def load(keys):
            return {key: MISS if key == 2 else -key for key in keys}

        gets = [cache.get(key, batch_loader=load, default='nothing') for key in (1, 2, 3)]
        assert await asyncio.gather(*gets) == [-1, 'nothing', -3]
        assert 2 not in cache and 3 in cache

    run(main())


def test_a_function_that_answers_with_a_miss_is_called_again(run):
    async def main():
        calls = []

        @AsyncLRU
        async def find(x):
            calls.append(x)
            return MISS

        assert await find(1) is None and await find(1) is None
        assert calls == [1, 1]

    run(main())


def test_a_miss_is_no_value():
    with pytest.raises(TypeError, match='MISS is no value'):
        AsyncCache().set('a', MISS)


def test_the_package_has_the_names_that_its_messages_speak_of():
    assert callable(libcache.register_key) and libcache.ManualClock().advance
    assert set(libcache.__all__) <= set(dir(libcache)) and libcache.__all__ == sorted(libcache.__all__)
