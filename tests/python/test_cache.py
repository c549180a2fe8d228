# SPDX-License-Identifier: LGPL-2.1-or-later
"""AsyncCache: values, times to live, keys, warm-ups, threads."""
import asyncio
import datetime
import functools
import gc
import threading
import weakref

import pytest
from gi.repository import Gio, GLib, Memo

from libcache import DEFAULT, AsyncCache, Error, WarmupError


class Thing:
    """An object without value semantics."""


async def one():
    return 1


# --- values ---

def test_any_object_is_a_value_and_comes_back_as_itself(run):
    values = [Thing(), object(), [1], {'a': {}}, 2 ** 70, -0.0, '', 'a\0b', '\udc80', b'', (), True, 1, 1.0, Thing,
              lambda: 1, Gio.SimpleAction.new('open', None), GLib.Variant('i', 5), GLib.Bytes.new(b'x'), NotImplemented]

    async def main():
        cache = AsyncCache(maxsize=None)
        for i, value in enumerate(values):
            cache.set(i, value)
        for i, value in enumerate(values):
            assert await cache.get(i) is value
            assert await cache.get(('loaded', i), loader=functools.partial(asyncio.sleep, 0, value)) is value
            assert await cache.get(('loaded', i)) is value
    run(main())


def test_a_value_lives_as_long_as_it_is_kept(run):
    async def main():
        cache = AsyncCache()
        thing = Thing()
        gone = weakref.ref(thing)
        cache.set('key', thing)
        del thing
        gc.collect()
        assert gone() is not None
        cache.delete('key')
        gc.collect()
        assert gone() is None
    run(main())


def test_the_end_of_a_value_may_use_the_cache(run):
    async def main():
        cache = AsyncCache(maxsize=1)

        class Last:
            def __del__(self):
                cache.set('last words', 'goodbye')

        cache.set('key', Last())
        cache.delete('key')
        gc.collect()
        assert await cache.get('last words') == 'goodbye'
    run(main())


def test_failure_12_none_is_a_value(run):
    calls = []

    async def nothing():
        calls.append(1)

    async def main():
        cache = AsyncCache()
        missing = object()
        assert await cache.get('key', nothing) is None
        assert await cache.get('key', nothing) is None
        assert await cache.get('key', default=missing) is None
        assert await cache.get('other', default=missing) is missing
        assert await cache.get('other') is None
        assert len(calls) == 1
    run(main())


# --- time ---

def test_failure_12_no_ttl_is_the_default_and_none_is_for_ever(run, clock):
    async def main():
        cache = AsyncCache(default_ttl=60, clock=clock)
        cache.set('default', 1)
        cache.set('said so', 1, ttl=DEFAULT)
        cache.set('ever', 1, ttl=None)
        cache.set('short', 1, ttl=0.5)
        cache.set('delta', 1, ttl=datetime.timedelta(minutes=2))
        cache.set('never', 1, ttl=0)
        await cache.get('loaded', one)
        await cache.get('loaded for ever', one, ttl=None)
        await cache.get('loaded short', one, ttl=0.5)

        def kept():
            return {key for key in ('default', 'said so', 'ever', 'short', 'delta', 'never', 'loaded', 'loaded for ever',
                                    'loaded short') if key in cache}

        assert kept() == {'default', 'said so', 'ever', 'short', 'delta', 'loaded', 'loaded for ever', 'loaded short'}
        clock.advance(0.5)
        assert kept() == {'default', 'said so', 'ever', 'delta', 'loaded', 'loaded for ever'}
        clock.advance(59.5)
        assert kept() == {'ever', 'delta', 'loaded for ever'}
        clock.advance(60)
        assert kept() == {'ever', 'loaded for ever'}
        clock.advance(1e9)
        assert kept() == {'ever', 'loaded for ever'}
    run(main())


def test_failure_14_what_has_expired_goes_without_being_asked_for(run, clock, settle):
    outside = AsyncCache(default_ttl=60, clock=clock)

    async def main():
        inside = AsyncCache(default_ttl=60, clock=clock)
        for cache in (inside, outside):
            for i in range(10):
                cache.set(i, i)
        clock.advance(62)
        await settle()
        assert len(inside) == 0
        # Made where no event loop ran, it is tidied up in any that does.
        assert len(outside) == 0
        assert outside.get_metrics().expirations == 10
    run(main())


@pytest.mark.one_loop
@pytest.mark.parametrize('ttl, error', [(-1, ValueError), (float('nan'), ValueError), ('60', TypeError), (True, TypeError)])
def test_a_wrong_time_to_live_is_refused(run, ttl, error):
    async def main():
        cache = AsyncCache()
        for attempt in (lambda: cache.set('key', 1, ttl=ttl), lambda: AsyncCache(default_ttl=ttl)):
            with pytest.raises(error, match='time to live'):
                attempt()
        with pytest.raises(error, match='time to live'):
            await cache.get('key', one, ttl=ttl)
    run(main())


@pytest.mark.parametrize('options, error', [
    ({'maxsize': -1}, ValueError), ({'maxsize': 1.5}, TypeError), ({'maxsize': True}, TypeError), ({'maxsize': 2 ** 40}, ValueError),
    ({'batch_window_ms': None}, TypeError), ({'max_batch_size': 0}, ValueError), ({'backup': 5}, TypeError),
    ({'remote_cache': 'nowhere:'}, Error), ({'record_secret': b''}, ValueError)])
def test_a_wrong_option_is_refused(options, error):
    with pytest.raises(error):
        AsyncCache(**options)


# --- room ---

def test_maxsize(run):
    async def main():
        small, none, unlimited = AsyncCache(maxsize=2), AsyncCache(maxsize=0), AsyncCache(maxsize=None)
        for cache in (small, none, unlimited):
            for i in range(1000):
                cache.set(i, i)
        assert [len(cache) for cache in (small, none, unlimited)] == [2, 0, 1000]
        assert await small.get(999) == 999 and await small.get(0) is None
        assert small.get_metrics()['evictions'] == 998
    run(main())


# --- keys ---

def test_any_hashable_is_a_key_and_different_ones_are_different(run):
    keys = ['1', 1, 1.0, True, (1,), ('1',), (1, 2), ((1,), 2), b'1', None, 'None', frozenset({1}), 2 ** 80, '', '\0', 'a\0b', 'a',
            '\udc80', '\x10', '\x10s "a"', float('inf'), datetime.date(2000, 1, 1)]

    async def main():
        cache = AsyncCache(maxsize=None)
        for i, key in enumerate(keys):
            cache.set(key, i)
        for i, key in enumerate(keys):
            assert key in cache
            assert await cache.get(key) == i
        assert len(cache) == len(keys)
    run(main())


# --- all else ---

def test_a_warm_up(run):
    running = most = 0

    async def load(key):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        running -= 1
        if key in (3, 7):
            raise ValueError(key)
        return key

    async def main():
        cache = AsyncCache(max_batch_size=5)
        cache.set(0, 'there')
        with pytest.raises(WarmupError, match=r'and 1 more') as caught:
            await cache.warmup({key: lambda key=key: load(key) for key in range(20)})
        assert {key: error.args for key, error in caught.value.failures.items()} == {3: (3,), 7: (7,)}
        assert 1 < most <= 5
        assert await cache.get(0) == 'there' and await cache.get(19) == 19
        metrics = cache.get_metrics()
        assert (metrics.misses, metrics.loads, metrics.load_failures) == (0, 19, 2)
        await cache.warmup({})
    run(main())


def test_metrics_are_a_dictionary_and_attributes(run):
    async def main():
        cache = AsyncCache()
        assert cache.get_metrics().hit_rate == 0.0
        await cache.get('key', one)
        for _ in range(3):
            await cache.get('key', one)
        metrics = cache.get_metrics()
        assert (metrics.hits, metrics.misses, metrics.size, metrics.hit_rate) == (3, 1, 1, 0.75)
        assert metrics['hits'] == 3 and dict(metrics)['hit_rate'] == 0.75
        with pytest.raises(AttributeError, match='there are hits'):
            metrics.guesses
        cache.reset_metrics()
        assert cache.get_metrics().hits == 0 and len(cache) == 1 and metrics.hits == 3
    run(main())


def test_set_delete_clear_and_tags(run):
    async def main():
        cache = AsyncCache()
        cache.set('a', 1, tags=['odd', 'all'])
        cache.set('b', 2, tags='all')
        assert cache.delete('a') is True and cache.delete('a') is False
        cache.set('a', 1, tags=['odd', 'all'])
        await cache.get('c', one, tags=('odd',))
        cache.invalidate_tags('odd')
        assert ('a' in cache, 'b' in cache, 'c' in cache) == (False, True, False)
        cache.clear()
        assert len(cache) == 0
    run(main())


def test_a_closed_cache_says_so(run):
    async def main():
        async with AsyncCache() as cache:
            cache.set('key', 1)
        with pytest.raises(Error) as caught:
            await cache.get('key')
        assert caught.value.code == Error.CLOSED
    run(main())


def test_values_of_other_parts_of_the_program(run):
    async def main():
        cache = AsyncCache()
        variant = GLib.Variant('(sa{sv}ay)', ('x', {'a': GLib.Variant('i', 5)}, b'raw'))
        for key, entry in {'string': Memo.Entry.new_string('text'), 'bytes': Memo.Entry.new_bytes(GLib.Bytes.new(b'raw')),
                           'number': Memo.Entry.new_int64(2 ** 60), 'variant': Memo.Entry.new_variant(variant),
                           'nothing': Memo.Entry.new(None)}.items():
            cache.memo.set(key, entry)
        found = {key: await cache.get(key, default='missing') for key in ('string', 'bytes', 'number', 'variant', 'nothing')}
        assert found == {'string': 'text', 'bytes': b'raw', 'number': 2 ** 60, 'variant': ('x', {'a': 5}, b'raw'), 'nothing': None}
        metrics = cache.get_metrics()
        assert (metrics.hits, metrics.misses) == (5, 0)
    run(main())


def test_several_threads_with_a_loop_each_share_a_cache(run):
    cache = AsyncCache(maxsize=None)
    calls = []
    barrier = threading.Barrier(4)

    async def load(i):
        calls.append(i)
        await asyncio.sleep(0.001)
        return i

    async def work():
        return [await cache.get(i, lambda i=i: load(i)) for i in range(100)]

    def thread(results):
        barrier.wait()
        results.append(asyncio.run(work()))

    results = []
    threads = [threading.Thread(target=thread, args=(results,)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert results == [list(range(100))] * 4
    assert sorted(calls) == list(range(100))


def test_a_cache_outlives_an_event_loop(run, held):
    cache = AsyncCache()

    async def main(expected):
        loader = held('value')
        asyncio.ensure_future(cache.get('never', loader))
        await loader.started()
        assert await cache.get('key', one) == 1
        assert cache.get_metrics().loads == expected

    run(main(2))
    run(main(3))


# --- how much there is room for ---

def test_bytes_bound_a_cache_as_well_as_entries_do():
    cache = AsyncCache(maxsize=None, max_bytes=10_000)
    for i in range(100):
        cache.set(i, b'x' * 1000)
    assert 5 <= len(cache) <= 9
    assert cache.get_metrics().bytes <= 10_000
    assert cache.get_metrics().evictions == 100 - len(cache)


def test_what_is_in_a_value_counts_once():
    class Row:
        __slots__ = ('text', 'row')

    shared = 'x' * 1_000_000
    row = Row()
    row.text, row.row = shared, row
    thing = Thing()
    thing.row = row
    cache = AsyncCache(max_bytes=1_100_000)
    cache.set('key', {'all': [shared, (shared,), {shared}, row, thing, len]})
    assert 1_000_000 < cache.get_metrics().bytes < 1_003_000
    # It does not fit in once more.
    cache.set('other', [thing])
    assert len(cache) == 1


def test_a_function_says_how_large_values_are(run):
    async def main():
        async def load():
            return 'loaded'

        async def load_all(keys):
            return {key: 'loaded, too' for key in keys}

        asked = []
        cache = AsyncCache(getsizeof=lambda value: asked.append(value) or 5000)
        cache.set('set', 'value')
        await cache.get('one', loader=load)
        await cache.get('two', batch_loader=load_all)
        await cache.get('one')
        assert asked == ['value', 'loaded', 'loaded, too']
        assert cache.get_metrics().bytes > 15_000

        for answer, kind in ((None, TypeError), (-1, ValueError)):
            with pytest.raises(kind, match='what getsizeof gives'):
                AsyncCache(getsizeof=lambda value, answer=answer: answer).set('key', 1)
        with pytest.raises(TypeError, match='getsizeof is a function'):
            AsyncCache(getsizeof=1)
    run(main())


def test_the_eviction_policy_says_who_goes():
    survivors = {}
    for policy in ('lru', 's3-fifo'):
        cache = AsyncCache(maxsize=10, eviction_policy=policy)
        for _ in range(3):
            cache.set('favourite', 1)
            cache.lookup('favourite')
        for i in range(100):
            cache.set(i, i)
        survivors[policy] = 'favourite' in cache
    assert survivors == {'lru': False, 's3-fifo': True}

    with pytest.raises(ValueError, match="one of 'lru', 's3-fifo', not 'fifo'"):
        AsyncCache(eviction_policy='fifo')


def test_a_lookup_counts_and_a_peek_leaves_no_trace():
    cache = AsyncCache(maxsize=2)
    cache.set('first', None)
    cache.set('second', 2)
    assert cache.peek('first', 'nothing') is None
    assert cache.peek('third', 'nothing') == 'nothing'
    assert (cache.get_metrics().hits, cache.get_metrics().misses) == (0, 0)
    cache.set('third', 3)
    assert 'first' not in cache

    assert cache.lookup('second') == 2
    assert cache.lookup('first', 'nothing') == 'nothing'
    assert (cache.get_metrics().hits, cache.get_metrics().misses) == (1, 1)
    cache.set('fourth', 4)
    assert 'second' in cache and 'third' not in cache


def test_a_part_goes_when_memory_is_low_and_when_it_is_asked_for():
    cache = AsyncCache(trim_on_low_memory=True)
    assert cache.memo.get_trim_on_low_memory()
    assert not AsyncCache().memo.get_trim_on_low_memory()
    for i in range(10):
        cache.set(i, i)
    cache.trim(30)
    assert [i for i in range(10) if i not in cache] == [0, 1, 2]
    cache.trim()
    assert len(cache) == 0
    for percent, kind in ((101, ValueError), (-1, ValueError), (0.5, TypeError)):
        with pytest.raises(kind, match='percent is'):
            cache.trim(percent)
