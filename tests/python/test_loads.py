# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loads: loaders of all kinds, errors, cancellation, batches."""
import asyncio
import contextvars
import functools
import gc
import threading
import traceback
import weakref

import pytest
from gi.repository import Gio, GLib

from libcache import AsyncCache, Error


class Thing:
    """An object without value semantics."""


async def one():
    return 1


# --- loads ---

def test_what_may_be_a_loader(run):
    async def coroutine(value='coroutine'):
        await asyncio.sleep(0)
        return value

    class Callable:
        def __init__(self, function):
            self.function = function

        def __call__(self):
            return self.function()

        async def method(self):
            return 'method'

    class AsyncCallable:
        async def __call__(self):
            return 'async callable'

    def makes_a_task():
        return asyncio.get_running_loop().create_task(coroutine('task'))

    def makes_a_future():
        future = asyncio.get_event_loop().create_future()
        future.set_result('future')
        return future

    loaders = {
        'coroutine': coroutine,
        'lambda': lambda: coroutine('lambda'),
        'partial': functools.partial(coroutine, 'partial'),
        'sync partial': functools.partial(str, 'sync partial'),
        'method': Callable(None).method,
        'callable': Callable(lambda: 'callable'),
        'awaiting callable': Callable(functools.partial(coroutine, 'awaiting callable')),
        'async callable': AsyncCallable(),
        'task': makes_a_task,
        'future': makes_a_future,
        'sync': lambda: 'sync',
    }

    async def main():
        # A function that gave an awaitable is called in the loop from then on.
        for _ in range(2):
            cache = AsyncCache(maxsize=None)
            for expected, loader in loaders.items():
                assert await cache.get(expected, loader=loader) == expected
    run(main())


def test_a_loader_that_may_block_is_called_in_a_thread(run):
    async def main():
        cache = AsyncCache()
        seen = []

        def blocking():
            seen.append(threading.get_ident())
            # The loop turns meanwhile, or this would never be over.
            assert asyncio.run_coroutine_threadsafe(one(), loop).result(30) == 1
            return 'value'

        loop = asyncio.get_running_loop()
        for i in range(3):
            assert await cache.get(i, blocking) == 'value'
        assert threading.get_ident() not in seen
    run(main())


def test_a_coroutine_that_a_thread_gives_too_late_is_closed(run):
    began, goes_on, made = threading.Event(), threading.Event(), []

    def late():
        began.set()
        assert goes_on.wait(30)
        made.append(one())
        return made[0]

    async def main():
        waiting = asyncio.ensure_future(AsyncCache().get('key', late))
        while not began.is_set():
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.sleep(0.01)
        goes_on.set()
        while not made or made[0].cr_frame is not None:
            await asyncio.sleep(0.001)
    run(main())


def test_ten_thousand_gets_of_a_hundred_keys_are_a_hundred_loads(run):
    loads = []

    async def load(i):
        loads.append(i)
        await asyncio.sleep(0)
        return Thing()

    async def main():
        cache = AsyncCache()
        values = await asyncio.gather(*(cache.get(i % 100, lambda i=i: load(i % 100)) for i in range(10_000)))
        assert sorted(loads) == list(range(100))
        assert all(values[i] is values[i % 100] for i in range(10_000))
        metrics = cache.get_metrics()
        assert (metrics.misses, metrics.loads, metrics.coalesced, metrics.hits) == (10_000, 100, 9_900, 0)
    run(main())


def test_a_loader_runs_in_the_context_of_who_asked(run):
    variable = contextvars.ContextVar('variable', default='nobody')

    async def who():
        return variable.get()

    async def main():
        cache = AsyncCache()
        variable.set('somebody')
        assert await cache.get('key', who) == 'somebody'
        assert await cache.get('batch', batch_loader=batch_who) == 'somebody'

    async def batch_who(keys):
        return [variable.get() for _ in keys]

    run(main())


def test_failure_02_a_delete_during_a_load_is_not_undone(run, held):
    async def main():
        cache = AsyncCache()
        loader = held('old', 'new')
        first = asyncio.ensure_future(cache.get('key', loader))
        await loader.started()
        cache.delete('key')
        second = asyncio.ensure_future(cache.get('key', loader))
        await loader.started()
        loader.release(2)
        assert (await first, await second) == ('old', 'new')
        assert await cache.get('key') == 'new'
    run(main())


def test_failure_11_a_refresh_that_fails_leaves_what_is_there(run):
    async def fail():
        raise OSError('down')

    async def main():
        cache = AsyncCache()
        await cache.get('key', one)
        with pytest.raises(OSError, match='down'):
            await cache.get('key', fail, use_cache=False)
        assert await cache.get('key') == 1
        assert await cache.get('key', lambda: asyncio.sleep(0, 2), use_cache=False) == 2
        assert await cache.get('key') == 2
    run(main())


def test_a_loader_that_asks_for_its_own_key_is_told_so(run):
    async def main():
        cache = AsyncCache()

        async def own():
            return await asyncio.create_task(cache.get('key', one))

        async def another():
            return await cache.get('other', lambda: cache.get('third', lambda: cache.get('key', one)))

        async def batch(keys):
            return [await cache.get(key, one) for key in keys]

        for loader in (own, another):
            with pytest.raises(Error) as caught:
                await cache.get('key', loader)
            assert caught.value.code == Error.RECURSION
        with pytest.raises(Error, match='itself'):
            await cache.get('key', batch_loader=batch)
        assert await cache.get('key', one) == 1
    run(main())


def test_what_a_loader_started_may_ask_when_it_is_over(run):
    async def main():
        cache = AsyncCache()
        over = asyncio.Event()
        later = []

        async def ask_later():
            await over.wait()
            return await cache.get('key', one)

        async def load():
            later.append(asyncio.create_task(ask_later()))
            return 'first'

        assert await cache.get('key', load) == 'first'
        cache.delete('key')
        over.set()
        assert await later[0] == 1
    run(main())


# --- errors ---

def test_an_exception_reaches_all_who_wait_as_itself(run, held):
    class Broken(Exception):
        pass

    async def main():
        cause = KeyError('cause')
        exception = Broken('down')
        exception.__cause__ = cause
        cache = AsyncCache()
        loader = held(exception)
        waiting = [asyncio.ensure_future(cache.get('key', loader)) for _ in range(50)]
        await loader.started()
        loader.release()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(result is exception for result in results)
        assert exception.__cause__ is cause
        # Where it was raised, and not once more for each who waited.
        names = [frame.name for frame in traceback.extract_tb(exception.__traceback__)]
        assert names.count('__call__') == 1 and len(names) < 12
        assert loader.calls == 1
        assert cache.get_metrics().load_failures == 1
        assert 'key' not in cache
    run(main())


@pytest.mark.one_loop
@pytest.mark.parametrize('exception', [
    GLib.Error('its own', 'g-io-error-quark', int(Gio.IOErrorEnum.BUSY)), StopAsyncIteration('x'), Exception('\0 and \udc80'),
    asyncio.TimeoutError('of its own'), Error('one of these', code=Error.BUSY)])
def test_exceptions_of_all_kinds_are_themselves(run, exception):
    async def fail():
        raise exception

    async def main():
        with pytest.raises(type(exception)) as caught:
            await AsyncCache().get('key', fail)
        assert caught.value is exception
    run(main())


def test_exceptions_are_freed(run):
    async def main():
        cache = AsyncCache()
        things = weakref.WeakSet()

        async def fail():
            thing = Thing()
            things.add(thing)
            raise ValueError('with a frame that has a thing')

        async def fail_and_keep():
            thing = Thing()
            things.add(thing)
            raise fail_and_keep.error

        async def fail_batch(keys):
            return await fail()

        for i in range(20):
            fail_and_keep.error = ValueError('that its own loader has')
            for loaders in ({'loader': fail}, {'loader': fail_and_keep}, {'batch_loader': fail_batch}):
                with pytest.raises(ValueError):
                    await cache.get(i, **loaders)
        del fail_and_keep.error, fail_and_keep
        await asyncio.sleep(0.01)
        gc.collect()
        assert len(things) == 0
    run(main())


def test_a_loader_that_somebody_cancels_is_an_error_and_no_cancellation(run, held):
    async def main():
        cache = AsyncCache()
        tasks = []

        async def load():
            tasks.append(asyncio.current_task())
            await asyncio.Event().wait()

        waiting = asyncio.ensure_future(cache.get('key', load))
        while not tasks:
            await asyncio.sleep(0.001)
        tasks[0].cancel()
        with pytest.raises(Error) as caught:
            await waiting
        assert caught.value.code == Error.ABANDONED
    run(main())


@pytest.mark.one_loop
def test_two_kinds_of_loader_are_one_too_many(run):
    async def main():
        with pytest.raises(TypeError, match='not both'):
            await AsyncCache().get('key', one, one)
    run(main())


# --- cancellation ---

def test_failure_01_a_cancelled_caller_leaves_the_others_waiting(run, held):
    async def main():
        cache = AsyncCache()
        loader = held('value')
        first, second, third = (asyncio.ensure_future(cache.get('key', loader)) for _ in range(3))
        await loader.started()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(third, 0)
        loader.release()
        assert await second == 'value'
        assert (loader.calls, loader.cancelled) == (1, 0)
    run(main())


def test_a_load_is_cancelled_with_the_last_who_waits(run, held, settle):
    async def main():
        cache = AsyncCache()
        loader = held('value')
        waiting = [asyncio.ensure_future(cache.get('key', loader)) for _ in range(3)]
        await loader.started()
        for task in waiting:
            assert loader.cancelled == 0
            task.cancel()
            await settle()
        assert loader.cancelled == 1
        again = asyncio.ensure_future(cache.get('key', loader))
        await loader.started()
        loader.release()
        assert await again == 'value'
    run(main())


def test_a_get_that_is_dropped_waits_no_more(run, held, settle):
    async def main():
        cache = AsyncCache()
        loader = held('value')
        get = cache.get('key', loader)
        get.send(None)
        await loader.started()
        get.close()
        await settle()
        assert loader.cancelled == 1
    run(main())


# --- batches ---

def test_a_batch(run):
    batches = []

    async def load(keys):
        batches.append(list(keys))
        return {key: f'user {key}' for key in keys if key != 3}

    async def main():
        cache = AsyncCache()
        results = await asyncio.gather(*(cache.get(key, batch_loader=load) for key in (1, 2, 3, 1, ('a', 2))),
                                       return_exceptions=True)
        assert batches == [[1, 2, 3, ('a', 2)]]
        assert [results[i] for i in (0, 1, 3, 4)] == ['user 1', 'user 2', 'user 1', "user ('a', 2)"]
        # Failure 07: what is left out is no value.
        assert isinstance(results[2], Error) and results[2].code == Error.NOT_FOUND
        assert 3 not in cache
        assert cache.get_metrics().batches == 1
    run(main())


def test_a_batch_as_a_list(run, clock):
    async def load(keys):
        return [f'user {key}' for key in keys[:-1]] + [ValueError(keys[-1])]

    async def too_many(keys):
        return [*keys, 1]

    async def main():
        cache = AsyncCache(clock=clock, batch_window_ms=0)
        results = await asyncio.gather(cache.get(1, batch_loader=load, ttl=5), cache.get(2, batch_loader=load, tags=['two']),
                                       cache.get(3, batch_loader=load), return_exceptions=True)
        assert results[:2] == ['user 1', 'user 2'] and isinstance(results[2], ValueError)
        cache.invalidate_tags('two')
        assert (1 in cache, 2 in cache) == (True, False)
        clock.advance(5)
        assert 1 not in cache
        for wrong, error in ((too_many, ValueError), (lambda keys: 5, TypeError), (lambda keys: 'text', TypeError)):
            with pytest.raises(error, match='batch loader'):
                await cache.get('wrong', batch_loader=wrong)
    run(main())


def test_batches_of_bound_methods_and_in_threads(run):
    class Shop:
        batches = 0

        def load(self, keys):
            Shop.batches += 1
            return [key * 2 for key in keys]

    async def main():
        shop, cache = Shop(), AsyncCache()
        assert await asyncio.gather(*(cache.get(i, batch_loader=shop.load) for i in range(250))) == [i * 2 for i in range(250)]
        assert Shop.batches == 3
        assert not cache._batches._batches
    run(main())


def test_failure_04_a_cancelled_caller_of_a_batch_leaves_the_others(run, held):
    async def main():
        cache = AsyncCache()
        loader = held({'a': 1, 'b': 2})
        first, second = (asyncio.ensure_future(cache.get(key, batch_loader=loader)) for key in 'ab')
        await loader.started()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        loader.release()
        assert await second == 2
        assert loader.cancelled == 0
    run(main())
