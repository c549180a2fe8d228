# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tiers: the disk, Redis, backends and codecs of one's own."""
import asyncio
import math
import shutil
import subprocess
import threading

import pytest
from gi.repository import GLib, Memo

from libcache import (AsyncCache, AsyncLRU, Backend, Codec, DiskBackend, Error, JSONCodec, PickleCodec, PlainCodec,
                      RedisBackend)


class Shelf(Backend):
    """Keeps bytes in a dictionary."""

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.ttls = {}
        self.threads = set()
        self.failing = False

    async def load(self, key):
        self._asked()
        return self.kept.get(key)

    async def store(self, key, data, ttl):
        self._asked()
        self.kept[key], self.ttls[key] = data, ttl

    async def remove(self, key, only=None):
        self._asked()
        if only is None or self.kept.get(key) == only:
            self.kept.pop(key, None)

    async def clear(self):
        self._asked()
        self.kept.clear()

    def _asked(self):
        self.threads.add(threading.get_ident())
        if self.failing:
            raise OSError('the shelf has fallen down')


class BlockingShelf(Shelf):
    """The same, without `async`."""

    def load(self, key):
        self._asked()
        return self.kept.get(key)

    def store(self, key, data, ttl):
        self._asked()
        self.kept[key] = data


class Thing:
    """An object that is no plain data."""

    def __eq__(self, other):
        return isinstance(other, Thing)


async def refuse():
    raise AssertionError('it should not be loaded')


PLAIN = [None, True, False, 0, -2 ** 63, 2 ** 63 - 1, 1.5, -0.0, math.inf, '', 'text ü', b'', b'a\0b', [], [1, 'a', None, [2]], (), (1,),
         (1, (2, [3])), {}, {'a': 1, 'b': {'c': [1.0]}}, {1: 'one', (1, 2): 'two', None: None, 'x': b'x'}, [b'raw', [b'']],
         [None], {'': None}]


def is_same(one, other):
    return type(one) is type(other) and repr(one) == repr(other)


@pytest.mark.one_loop
@pytest.mark.parametrize('value', PLAIN, ids=repr)
def test_plain_data_comes_back_as_it_was(run, value):
    async def main():
        shelf = Shelf()
        first = AsyncCache(backup=shelf)
        first.set('key', value)
        assert await first.get('key') is value
        await first.close()
        second = AsyncCache(backup=shelf)
        assert is_same(await second.get('key', refuse), value)
        assert second.get_metrics().backup_hits == 1
    run(main())


@pytest.mark.one_loop
def test_other_languages_share_a_tier(run):
    async def main():
        shelf = Shelf()
        ours, theirs = AsyncCache(backup=shelf), Memo.AsyncCache(backup=shelf)
        for value in ('text', 5, 1.5, True, b'raw', None, {'a': [1, 'x']}, (1, 'x')):
            ours.set('from python', value)
            await ours.flush()
            assert is_same((await Memo.AsyncCache(backup=shelf).get_async('from python', Memo.GetFlags.NONE)).value, value)
        for entry, value in ((Memo.Entry.new_string('text'), 'text'), (Memo.Entry.new_int64(5), 5), (Memo.Entry.new(None), None),
                             (Memo.Entry.new_variant(GLib.Variant('a{sv}', {'a': GLib.Variant('u', 5)})), {'a': 5})):
            theirs.set('from elsewhere', entry)
            await theirs.flush_async()
            assert is_same(await AsyncCache(backup=shelf).get('from elsewhere', refuse), value)
    run(main())


@pytest.mark.one_loop
@pytest.mark.parametrize('value', [Thing(), {1, 2}, 2 ** 63, 'a\0b', '\udc80', [Thing()], {'a': Thing()}, Thing, bytearray(b'x')],
                         ids=repr)
def test_what_is_no_plain_data_is_refused_with_what_to_do(run, value):
    async def load():
        return value

    async def main():
        cache = AsyncCache(backup=Shelf())
        cache.set('key', 'what was there')
        with pytest.raises(TypeError, match='codec'):
            cache.set('key', value)
        assert await cache.get('key') == 'what was there'
        with pytest.raises(TypeError, match='codec'):
            await cache.get('other', load)
        assert 'other' not in cache
        AsyncCache().set('key', value)
    run(main())


@pytest.mark.one_loop
def test_nesting_has_an_end(run):
    def nested(depth):
        value = 'core'
        for _ in range(depth):
            value = [value]
        return value

    codec = PlainCodec()
    assert codec.decode(codec.encode(nested(15))) == nested(15)
    for depth in (16, 100_000):
        with pytest.raises((TypeError, ValueError)):
            codec.encode(nested(depth))
    cyclic = []
    cyclic.append(cyclic)
    with pytest.raises(ValueError, match='in one another'):
        codec.encode(cyclic)


@pytest.mark.one_loop
def test_other_codecs(run):
    class ThingCodec(Codec):
        def encode(self, value):
            assert isinstance(value, Thing)
            return b'thing'

        def decode(self, data):
            assert data == b'thing'
            return Thing()

    async def main():
        for codec, value, expected in ((JSONCodec(), {'a': (1, 2)}, {'a': [1, 2]}), (PickleCodec(), Thing(), Thing()),
                                       (PickleCodec(), {1, 2}, {1, 2}), (ThingCodec(), Thing(), Thing())):
            shelf = Shelf()
            first = AsyncCache(backup=shelf, codec=codec, record_secret=b'secret')
            first.set('key', value)
            await first.flush()
            assert await AsyncCache(backup=shelf, codec=codec, record_secret=b'secret').get('key') == expected
            # Another codec is not asked to read it, and nothing is read that is not signed.
            assert await AsyncCache(backup=shelf, record_secret=b'secret').get('key') is None
            assert await AsyncCache(backup=shelf, codec=codec, record_secret=b'another').get('key') is None
        with pytest.raises(TypeError, match='JSONCodec'):
            AsyncCache(backup=Shelf(), codec=JSONCodec()).set('key', {1, 2})
    run(main())


def test_a_backend_of_ones_own(run, clock):
    async def main():
        for shelf in (Shelf(), BlockingShelf()):
            cache = AsyncCache(maxsize=1, backup=shelf, clock=clock)
            for i in range(5):
                cache.set(i, f'value {i}', ttl=60 if i else None)
            await cache.flush()
            assert [await cache.get(i, refuse) for i in range(5)] == [f'value {i}' for i in range(5)]
            cache.delete(3)
            assert await cache.get(3) is None
            cache.clear()
            await cache.flush()
            assert await cache.get(4) is None
            # What is not `async` may block, so it was called elsewhere.
            assert (shelf.threads == {threading.get_ident()}) is not isinstance(shelf, BlockingShelf)


def test_a_backend_is_told_how_long_bytes_are_of_use(run, clock):
    async def main():
        shelf = Shelf()
        cache = AsyncCache(backup=shelf, clock=clock)
        cache.set('short', 1, ttl=60)
        cache.set('ever', 1)
        await cache.flush()
        ttls = {key[-5:]: ttl for key, ttl in shelf.ttls.items()}
        assert sorted(ttls.values(), key=lambda ttl: ttl or 0) == [None, 60.0]
    run(main())


class Told(Shelf):
    """Is told what has to be durable."""

    async def store(self, key, data, ttl, durable):
        await super().store(key, data, ttl)
        self.told = durable


class ToldAnyhow(Shelf):
    async def store(self, *arguments):
        self.told = arguments[3]


class NotTold(Shelf):
    told = None

    async def store(self, key, data, ttl, *, colour='red'):
        await super().store(key, data, ttl)


@pytest.mark.parametrize('kind', [Told, ToldAnyhow, NotTold])
def test_a_backend_that_wants_to_know_is_told_what_has_to_be_durable(run, kind):
    async def main():
        backend = kind()
        for durable in (False, True, False):
            await backend.store_async('key', GLib.Bytes.new(b'x'), 1.0, durable)
            assert backend.told is (durable if kind is not NotTold else None)
    run(main())


def test_a_backend_that_fails_is_done_without(run):
    async def main():
        shelf = Shelf()
        cache = AsyncCache(backup=shelf)
        shelf.failing = True
        with complaints():
            assert await cache.get('key', lambda: asyncio.sleep(0, 'loaded')) == 'loaded'
            with pytest.raises(OSError, match='fallen down'):
                await cache.flush()
        assert cache.get_metrics().backup_failures > 0
    run(main())


def test_a_backend_without_functions_says_so(run):
    class Nothing(Backend):
        pass

    async def main():
        cache = AsyncCache(backup=Nothing())
        with complaints():
            cache.set('key', 1)
            with pytest.raises(Error) as caught:
                await cache.flush()
        assert caught.value.code == Error.NOT_SUPPORTED
    run(main())


class complaints:
    """A cache says once that it goes on without a tier: that is no failure of the test."""

    def __enter__(self):
        self._handler = GLib.log_set_handler('Memo', GLib.LogLevelFlags.LEVEL_WARNING | GLib.LogLevelFlags.LEVEL_MESSAGE,
                                             lambda *_: None, None)

    def __exit__(self, *_):
        GLib.log_remove_handler('Memo', self._handler)


# --- plugins ---

def test_the_disk(run, tmp_path):
    async def main():
        path = tmp_path / 'folder with #, ? and %' / 'cache.db'
        async with DiskBackend(path, max_size='1M') as disk:
            async with AsyncCache(backup=disk, default_ttl=60) as cache:
                assert await cache.get('user:1', lambda: asyncio.sleep(0, {'name': 'Ada'})) == {'name': 'Ada'}
        assert path.exists()
        async with DiskBackend(str(path)) as disk, AsyncCache(backup=disk) as cache:
            assert await cache.get('user:1', refuse) == {'name': 'Ada'}

        @AsyncLRU(backup=DiskBackend(tmp_path / 'f.db'), name='f')
        async def f(x):
            return [x]

        assert await f(1) == [1]
        await f.cache.close()
    run(main())


@pytest.mark.one_loop
def test_a_wrong_disk_is_refused(run, tmp_path):
    (tmp_path / 'file').write_text('')

    async def main():
        with pytest.raises(Error, match='max-size') as caught:
            DiskBackend(tmp_path / 'cache.db', max_size='a lot')
        assert caught.value.code == Error.INVALID_URI
        with pytest.raises(GLib.Error):
            await DiskBackend(tmp_path / 'file' / 'cache.db').open()
    run(main())


@pytest.fixture
def redis_socket(tmp_path):
    server = shutil.which('redis-server')
    if server is None:
        pytest.skip('redis-server is not there')
    path = tmp_path / 'redis.sock'
    process = subprocess.Popen([server, '--port', '0', '--unixsocket', path, '--save', '', '--dir', tmp_path],
                               stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if 'ready to accept' in line.lower():
                break
        yield path
    finally:
        process.terminate()
        process.communicate()


def test_redis(run, redis_socket):
    async def main():
        url = f'redis+unix://{redis_socket}'
        async with RedisBackend(url, prefix='shop:', timeout=5) as redis, RedisBackend(f'{url}?db=1', timeout=5) as other:
            first, second = AsyncCache(remote_cache=redis), AsyncCache(remote_cache=redis)
            assert await first.get('user:1', lambda: asyncio.sleep(0, {'name': 'Ada'})) == {'name': 'Ada'}
            await first.flush()
            assert await second.get('user:1', refuse) == {'name': 'Ada'}
            assert second.get_metrics().remote_hits == 1
            assert await AsyncCache(remote_cache=other).get('user:1') is None
            await second.close()
            await first.close()
    run(main())


def test_a_strict_change_does_not_begin_without_its_server(run, tmp_path):
    async def main():
        begun = []
        for strict in (True, False):
            cache = AsyncCache(remote_cache=RedisBackend(f'redis+unix://{tmp_path}/nobody.sock'), strict_changes=strict)
            try:
                async with cache.changing('user:1'):
                    begun.append(strict)
            except Error as error:
                assert strict and 'nobody.sock' in str(error)
        assert begun == [False]
    run(main())


def test_redis_notifies_the_loop_in_which_it_was_made(run, redis_socket):
    async def main():
        redis = RedisBackend(f'redis+unix://{redis_socket}', timeout=5)
        notified = asyncio.Event()
        redis.memo.connect('notify::connected', lambda *_: notified.set())
        assert not redis.memo.props.connected
        async with redis:
            await notified.wait()
            assert redis.memo.props.connected
    run(main())


@pytest.mark.one_loop
def test_what_the_other_side_of_a_program_keeps_goes_to_a_tier_too(run):
    async def main():
        shelf = Shelf()
        cache = AsyncCache(backup=shelf)
        cache.memo.set('key', Memo.Entry.new_variant(GLib.Variant('a{sv}', {'a': GLib.Variant('ay', b'raw')})))
        await cache.flush()
        assert await AsyncCache(backup=shelf).get('key') == {'a': b'raw'}
    run(main())
