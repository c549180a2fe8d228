# SPDX-License-Identifier: LGPL-2.1-or-later
"""What docs/migrating.md calls the same: a program that was written for async-cache, with another import."""
from libcache import (AsyncCache, AsyncLRU, AsyncLRUInvalidator, AsyncTTL, AsyncTTLInvalidator, DiskBackend, Error,
                      RedisBackend)


async def five():
    return 5


def test_the_function_api_is_the_same(run):
    async def main():
        cache = AsyncCache(maxsize=1000, default_ttl=300)
        assert await cache.get('key', loader=five) == 5

        async def double(keys):
            return {key: 2 * key for key in keys}

        assert await cache.get('a', batch_loader=double) == 'aa'
        cache.set('default', 1)
        cache.set('an hour', 2, ttl=3600)
        cache.set('for ever', 3, ttl=None)
        cache.delete('default')
        assert await cache.get('default') is None
        await cache.warmup({'one': five, 'other': lambda: five()})
        assert await cache.get('other') == 5
        assert cache.get_metrics()['hits'] == cache.get_metrics().hits == 1
        cache.clear()
        assert cache.get_metrics().size == 0

        unlimited = AsyncCache(maxsize=None, default_ttl=None)
        for i in range(1000):
            unlimited.set(i, i)
        assert unlimited.get_metrics().size == 1000
    run(main())


def test_decorators_are_the_same(run):
    async def main():
        @AsyncLRU(maxsize=128)
        async def get_user(user_id):
            return [user_id]

        @AsyncTTL(time_to_live=60, maxsize=1024, skip_args=1)
        async def get_session(_request, token):
            return [token]

        @AsyncLRUInvalidator(get_user)
        async def update_user(user_id):
            return user_id

        @AsyncTTLInvalidator(get_session)
        async def end_session(_request, token):
            return token

        user = await get_user(1)
        assert await get_user(1) is user
        assert await get_user(1, use_cache=False) is not user
        get_user.invalidate_cache(1)
        assert get_user.get_metrics().size == 0
        await get_user(1)
        await update_user(1)
        assert get_user.get_metrics().size == 0
        await get_user(1)
        get_user.clear_cache()
        assert get_user.get_metrics().size == 0

        assert await get_session('first', 'token') is await get_session('second', 'token')
        await end_session('third', 'token')
        assert get_session.get_metrics().size == 0
    run(main())


def test_tiers_are_given_in_the_same_way(run, tmp_path):
    async def main():
        async with AsyncCache(backup=DiskBackend(tmp_path / 'cache.db')) as cache:
            cache.set('key', {'a': [1, None]})
        async with AsyncCache(backup=DiskBackend(tmp_path / 'cache.db')) as cache:
            assert await cache.get('key') == {'a': [1, None]}

        # No server is asked before something is.
        redis = RedisBackend('redis://localhost:6379/0')
        assert AsyncCache(remote_cache=redis).memo.get_remote_cache() is redis.memo
        assert AsyncTTL(remote_cache=redis)(five).cache.memo.get_remote_cache() is redis.memo
        assert AsyncLRU(backup=redis)(five).cache.memo.get_backup() is redis.memo
    run(main())


def test_what_is_different_on_purpose_is_different(run):
    async def main():
        called = []

        @AsyncLRU(maxsize=128)
        async def get_user(user_id):
            called.append(user_id)

        for user_id in (1, True, 1.0, '1'):
            await get_user(user_id)
        assert len(called) == 4
        await get_user(user_id=1)
        assert len(called) == 4

        async def leave_out(_keys):
            return {}

        cache = AsyncCache()
        try:
            await cache.get('key', batch_loader=leave_out)
        except Error as error:
            assert error.code == Error.NOT_FOUND
        else:
            raise AssertionError('a key that is left out was cached as nothing')
        assert 'key' not in cache
    run(main())
