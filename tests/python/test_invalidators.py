# SPDX-License-Identifier: LGPL-2.1-or-later
"""AsyncLRUInvalidator and AsyncTTLInvalidator."""
import asyncio
import threading

import pytest

from libcache import AsyncLRU, AsyncLRUInvalidator, AsyncTTL, AsyncTTLInvalidator


class Source:
    """What is read through a cache and changed, both of which a test can hold back."""

    def __init__(self):
        self.users = {1: 'Ada', 2: 'Bea'}
        self.reads = 0
        self.read_gate = asyncio.Event()
        self.change_gate = asyncio.Event()
        self.read_gate.set()
        self.change_gate.set()

        async def get_user(user_id):
            self.reads += 1
            user = self.users[user_id]
            await self.read_gate.wait()
            return user

        self.get_user = AsyncLRU(maxsize=10)(get_user)

    async def change(self, user_id, name):
        await self.change_gate.wait()
        self.users[user_id] = name
        return f'changed {user_id}'


def test_a_change_drops_the_read_and_no_other(run):
    async def main():
        source = Source()
        rename = AsyncLRUInvalidator(source.get_user)(source.change)
        assert rename.__name__ == 'change'
        await source.get_user(1), await source.get_user(2)
        assert await rename(1, name='Eve') == 'changed 1'
        assert await source.get_user(1) == 'Eve'
        await source.get_user(2)
        assert source.reads == 3
    run(main())


def test_failure_03_a_read_that_overlaps_a_change_is_not_kept(run, settle):
    async def main():
        source = Source()
        rename = AsyncLRUInvalidator(source.get_user)(source.change)
        await source.get_user(1)

        source.change_gate.clear()
        changing = asyncio.ensure_future(rename(1, 'Eve'))
        await settle()
        # Read before the source has changed: given to who asked, and kept for nobody.
        assert await source.get_user(1) == 'Ada'
        source.read_gate.clear()
        overlapping = asyncio.ensure_future(source.get_user(1))
        await settle()
        source.change_gate.set()
        await changing
        source.read_gate.set()
        assert await overlapping == 'Ada'
        assert await source.get_user(1) == 'Eve'
    run(main())


def test_a_change_that_fails_drops_the_read_all_the_same(run):
    async def main():
        source = Source()

        @AsyncLRUInvalidator(source.get_user)
        async def fail(user_id):
            assert await source.get_user(user_id) == 'Ada'
            raise OSError('half done')

        await source.get_user(1)
        with pytest.raises(OSError, match='half done'):
            await fail(1)
        await source.get_user(1)
        assert source.reads == 3
    run(main())


def test_arguments_name_the_read(run):
    seen = []

    class Shop:
        @AsyncTTL(60, skip_args=1)
        async def get(self, kind, number=0, *, full=False):
            seen.append((kind, number, full))
            return object()

        @AsyncTTLInvalidator(get)
        async def by_name(self, value, number, kind):
            pass

        @AsyncTTLInvalidator(get, key=lambda self, what: [(self, kind, 5) for kind in what])
        async def by_key(self, what):
            pass

        @AsyncTTLInvalidator(get, clear_all=True)
        async def everything(self):
            pass

        @AsyncTTLInvalidator(get)
        async def by_position(self, a, b):
            pass

    async def main():
        shop = Shop()

        async def dropped(change):
            calls = [(kind, number) for kind in 'ab' for number in (0, 5)]
            for call in calls:
                await shop.get(*call)
            seen.clear()
            await change
            for call in calls:
                await shop.get(*call)
            return [(kind, number) for kind, number, _ in seen]

        assert await dropped(shop.by_name('value', 5, 'a')) == [('a', 5)]
        assert await dropped(shop.by_name(kind='b', value=1, number=0)) == [('b', 0)]
        assert await dropped(shop.by_key('ab')) == [('a', 5), ('b', 5)]
        assert await dropped(shop.everything()) == [('a', 0), ('a', 5), ('b', 0), ('b', 5)]
        assert await dropped(shop.by_position('b', 5)) == [('b', 5)]
    run(main())


@pytest.mark.one_loop
def test_what_cannot_be_is_refused(run):
    @AsyncLRU
    async def read(a, b):
        pass

    @AsyncTTL
    async def other(a):
        pass

    async def change(a):
        pass

    for wrong in (lambda: AsyncLRUInvalidator(), lambda: AsyncLRUInvalidator(other), lambda: AsyncTTLInvalidator(read),
                  lambda: AsyncLRUInvalidator(change), lambda: AsyncLRUInvalidator(read)(change),
                  lambda: AsyncLRUInvalidator(read, key=change, clear_all=True), lambda: AsyncLRUInvalidator(read)(5)):
        with pytest.raises(TypeError):
            wrong()


def test_several_reads_of_several_caches(run):
    async def main():
        calls = []

        def reader(name):
            async def read(user_id):
                calls.append(name)
            return AsyncLRU(read, ) if name == 'bare' else AsyncLRU(name=name)(read)

        reads = [reader('bare'), reader('one'), reader('two')]

        @AsyncLRUInvalidator(*reads)
        async def change(user_id):
            pass

        for read in reads:
            await read(1)
        await change(1)
        for read in reads:
            await read(1)
        assert len(calls) == 6
    run(main())


def test_rule_18_a_cancelled_caller_is_told_at_once_and_the_change_ends_with_its_function(run, settle):
    async def main():
        source = Source()
        began, goes_on = threading.Event(), threading.Event()

        @AsyncLRUInvalidator(source.get_user)
        def change(user_id, name):
            began.set()
            assert goes_on.wait(30)
            source.users[user_id] = name

        await source.get_user(1)
        changing = asyncio.ensure_future(change(1, 'Eve'))
        while not began.is_set():
            await asyncio.sleep(0.001)
        changing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changing

        # The thread goes on, so the bracket is still open.
        for _ in range(3):
            assert await source.get_user(1) == 'Ada'
        assert source.reads == 4
        goes_on.set()
        while source.users[1] != 'Eve':
            await asyncio.sleep(0.001)
        await settle()
        await source.get_user(1), await source.get_user(1)
        assert source.reads == 5
    run(main())


def test_a_cancelled_change_that_can_be_is(run, settle):
    async def main():
        source = Source()
        rename = AsyncLRUInvalidator(source.get_user)(source.change)
        source.change_gate.clear()
        changing = asyncio.ensure_future(rename(1, 'Eve'))
        await settle()
        changing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changing
        await settle()
        # The bracket is closed: what is read now is kept.
        await source.get_user(1), await source.get_user(1)
        assert source.reads == 1 and source.users[1] == 'Ada'
    run(main())
