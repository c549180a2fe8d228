# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cache that the package is measured against does the work that it is said to do."""
import asyncio
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / 'benchmarks'))
import by_hand  # noqa: E402


class Source:
    """What is loaded from: counts, and answers when it is told to."""

    def __init__(self):
        self.n_loads = 0
        self.released = asyncio.Event()

    async def load(self):
        self.n_loads += 1
        await self.released.wait()
        return self.n_loads


@pytest.fixture
def clock(monkeypatch):
    time = [1000.0]
    monkeypatch.setattr(by_hand.time, 'monotonic', lambda: time[0])
    return time


def test_the_one_used_least_recently_goes():
    cache = by_hand.ByHand(2, 60)
    cache.set('a', 1)
    cache.set('b', 2)
    assert cache.lookup('a') == 1
    cache.set('c', 3)
    assert [cache.lookup(key) for key in 'abc'] == [1, None, 3] and len(cache) == 2


def test_a_value_is_good_until_its_deadline_and_not_at_it(clock):
    cache = by_hand.ByHand(2, 60)
    cache.set('a', 1)
    clock[0] += 59.999
    assert cache.lookup('a') == 1
    clock[0] += 0.001
    assert cache.lookup('a') is None


def test_a_hundred_gets_share_one_load():
    async def main():
        source, cache = Source(), by_hand.ByHand(10, 60)
        gets = [asyncio.ensure_future(cache.get('a', source.load)) for _ in range(100)]
        await asyncio.sleep(0)
        gets[0].cancel()
        source.released.set()
        answers = await asyncio.gather(*gets, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError) and answers[1:] == [1] * 99
        assert source.n_loads == 1 and await cache.get('a', source.load) == 1

    asyncio.run(main())


def test_a_delete_is_not_undone_by_a_load_that_began_before_it():
    async def main():
        source, cache = Source(), by_hand.ByHand(10, 60)
        get = asyncio.ensure_future(cache.get('a', source.load))
        await asyncio.sleep(0)
        cache.delete('a')
        source.released.set()
        assert await get == 1 and cache.lookup('a') is None

    asyncio.run(main())


def test_an_error_is_everybodys_and_is_not_kept():
    async def main():
        cache = by_hand.ByHand(10, 60)

        async def fail():
            raise LookupError('nothing')

        async def answer_one():
            return 1

        answers = await asyncio.gather(*(cache.get('a', fail) for _ in range(3)), return_exceptions=True)
        assert [type(answer) for answer in answers] == [LookupError] * 3
        assert len(cache) == 0 and await cache.get('a', answer_one) == 1

    asyncio.run(main())


def test_a_decorated_function_remembers():
    async def main():
        calls = []

        @by_hand.cached(maxsize=2, ttl=60)
        async def add(a, b=0):
            """Adds."""
            calls.append((a, b))
            return a + b

        assert [await add(1, 2), await add(1, 2), await add(1, b=2), await add(1, b=2)] == [3] * 4
        assert len(calls) == 2 and add.__name__ == 'add' and len(add.cache) == 2

    asyncio.run(main())
