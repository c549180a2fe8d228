# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is loaded again shortly before it expires."""
import asyncio

import pytest

from libcache import AsyncCache, AsyncTTL

# So large that every get that hits what took any time to load has it loaded again.
ALWAYS = 1e12


async def _once(made, key, clock, held, **options):
    """Loads a key, which takes a second."""
    first = asyncio.ensure_future(made.get(key, held, **options))
    await held.started()
    clock.advance(1)
    held.release()
    return await first


def test_who_asks_is_given_what_is_there_and_it_is_loaded_again(run, clock, held, settle):
    async def main():
        made, loader = AsyncCache(default_ttl=10, clock=clock, early_refresh=ALWAYS), held('old', 'new')
        assert await _once(made, 'key', clock, loader) == 'old'
        assert await made.get('key', loader) == 'old'
        await loader.started()
        assert await made.get('key', loader) == 'old'
        loader.release()
        await settle()
        assert loader.calls == 2
        clock.advance(9)
        assert made.lookup('key') == 'new'
        metrics = made.get_metrics()
        assert (metrics.hits, metrics.misses, metrics.loads) == (3, 1, 2)
        assert made.memo.props.early_refresh == ALWAYS
    run(main())


def test_what_it_raises_is_raised_to_nobody(run, clock, held, settle):
    async def main():
        made, loader = AsyncCache(default_ttl=10, clock=clock, early_refresh=ALWAYS), held('old', ValueError('away'))
        await _once(made, 'key', clock, loader)
        assert await made.get('key', loader) == 'old'
        await loader.started()
        loader.release()
        await settle()
        assert await made.get('key', loader) == 'old'
        await settle()
        assert loader.calls == 2
    run(main())


def test_a_batch_is_asked_for_the_keys_as_they_were_given(run, clock, settle):
    async def main():
        made, asked = AsyncCache(clock=clock, early_refresh=ALWAYS, batch_window_ms=0), []

        async def load(keys):
            asked.append(list(keys))
            if len(asked) == 1:
                clock.advance(1)
            return {key: len(asked) for key in keys}

        keys = [(1, 'a'), (2, 'b')]
        assert await asyncio.gather(*(made.get(key, batch_loader=load, ttl=10) for key in keys)) == [1, 1]
        assert await asyncio.gather(*(made.get(key, batch_loader=load, ttl=10) for key in keys)) == [1, 1]
        await settle()
        assert sum(sorted(asked[1:]), []) == keys
        assert all(made.lookup(key) > 1 for key in keys)
        clock.advance(9.5)
        assert all(made.lookup(key) for key in keys), 'with the time to live that was said'
        clock.advance(0.5)
        assert not any(made.lookup(key) for key in keys)
    run(main())


def test_a_decorated_function_is_called_with_the_same_arguments(run, clock, settle):
    async def main():
        asked = []

        @AsyncTTL(time_to_live=10, cache=AsyncCache(clock=clock, early_refresh=ALWAYS))
        async def double(number, *, sign=1):
            asked.append((number, sign))
            if len(asked) == 1:
                clock.advance(1)
            return 2 * number * sign

        assert [await double(4, sign=-1) for _ in range(3)] == [-8, -8, -8]
        await settle()
        assert asked == [(4, -1), (4, -1)]
    run(main())


def test_nothing_is_refreshed_early_unless_it_is_asked_for(run, clock, held, settle):
    async def main():
        made, loader = AsyncCache(default_ttl=10, clock=clock), held('old')
        await _once(made, 'key', clock, loader)
        clock.advance(9.999)
        assert await made.get('key', loader) == 'old'
        await settle()
        assert loader.calls == 1
    run(main())


@pytest.mark.parametrize('wrong', [-1, float('inf'), float('nan')])
def test_what_is_no_factor_is_refused(wrong):
    with pytest.raises(ValueError, match='early_refresh is 0 or more'):
        AsyncCache(early_refresh=wrong)
    for other in (True, '1', None):
        with pytest.raises(TypeError, match='early_refresh is a number'):
            AsyncCache(early_refresh=other)
