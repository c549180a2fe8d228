# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a load may take, and for how long an error is remembered."""
import asyncio
import datetime

import pytest

from libcache import DEFAULT, AsyncCache, AsyncLRU, AsyncTTL


def test_a_load_that_takes_too_long_is_an_error_of_all_who_wait(run, clock, settle):
    async def main():
        cache, ended = AsyncCache(clock=clock), []

        async def hang():
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ended.append(True)

        for timeout in (5, datetime.timedelta(seconds=5)):
            ended.clear()
            first = asyncio.ensure_future(cache.get('key', loader=hang, timeout=timeout))
            other = asyncio.ensure_future(cache.get('key', loader=hang))
            await settle()
            clock.advance(4.999)
            await settle()
            assert not first.done() and not other.done()
            clock.advance(0.001)
            for waiting in (first, other):
                with pytest.raises(TimeoutError):
                    await waiting
            await settle()
            assert ended == [True]
    run(main())


def test_a_batch_that_takes_too_long_is_one_as_well(run, clock, settle):
    async def main():
        cache, batches = AsyncCache(clock=clock, batch_window_ms=0), []

        async def load(keys):
            batches.append(sorted(keys))
            if len(keys) == 2:
                await asyncio.get_running_loop().create_future()
            return {key: key for key in keys}

        limited = [asyncio.ensure_future(cache.get(key, batch_loader=load, timeout=5)) for key in 'ab']
        # One that may take as long as it likes is no part of it.
        assert await cache.get('c', batch_loader=load) == 'c'
        await settle()
        assert sorted(batches) == [['a', 'b'], ['c']]
        clock.advance(5)
        for waiting in limited:
            with pytest.raises(TimeoutError):
                await waiting
    run(main())


def test_an_error_is_remembered_for_as_long_as_is_said(run, clock):
    async def main():
        cache, asked = AsyncCache(clock=clock), []

        async def fail():
            asked.append(True)
            raise LookupError('no such user')

        for n_asked in (1, 2):
            for _ in range(3):
                with pytest.raises(LookupError, match='no such user'):
                    await cache.get('key', loader=fail, error_ttl=10)
            assert len(asked) == n_asked
            clock.advance(10)
    run(main())


def test_a_decorated_function_has_limits(run, clock, settle):
    async def main():
        for decorator in (AsyncLRU, AsyncTTL):
            asked = []

            @decorator(timeout=5, error_ttl=10, clock=clock)
            async def read(name):
                asked.append(name)
                if name == 'hangs':
                    await asyncio.get_running_loop().create_future()
                raise LookupError(name)

            waiting = asyncio.ensure_future(read('hangs'))
            await settle()
            clock.advance(5)
            with pytest.raises(TimeoutError):
                await waiting
            for _ in range(3):
                with pytest.raises(LookupError, match='fails'):
                    await read('fails')
            assert asked == ['hangs', 'fails']
    run(main())


@pytest.mark.one_loop
def test_limits_that_make_no_sense_are_refused(run):
    async def main():
        cache = AsyncCache()
        for wrong, error in ((0, ValueError), (-1, ValueError), (float('nan'), ValueError), ('5', TypeError), (True, TypeError),
                             (DEFAULT, TypeError)):
            with pytest.raises(error, match='timeout'):
                await cache.get('key', loader=dict, timeout=wrong)
            with pytest.raises(error, match='timeout'):
                AsyncLRU(timeout=wrong)
            if wrong != 0:
                with pytest.raises(error, match='error_ttl'):
                    await cache.get('key', loader=dict, error_ttl=wrong)
    run(main())
