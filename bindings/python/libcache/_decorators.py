# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decorators: functions that remember what they answered."""
from __future__ import annotations

import asyncio
import functools
import inspect
from typing import TYPE_CHECKING, Any, Callable, Optional

from gi.repository import Memo

from ._cache import AsyncCache, Tier
from ._keys import CallKeys
from ._loaders import limits_of
from ._metrics import Metrics
from ._values import DEFAULT, Kept, Seconds, TimeToLive, seconds_of

_LOOKED_UP = Memo.GetFlags.LOOKED_UP
_REFRESH = Memo.GetFlags.REFRESH


async def _call(*args, **kwargs):
    """What others take the code of a decorated function for."""


# What asyncio.iscoroutinefunction() looks for.
_MARKER = getattr(asyncio.coroutines, '_is_coroutine', None)


def look_like(wrapper, function):
    """Give an object that is called in place of a function what others look for in one."""
    functools.update_wrapper(wrapper, function)
    # So that it is seen to be a coroutine function, as far as others look at no more than that.
    wrapper.__code__ = _call.__code__
    wrapper.__defaults__ = getattr(function, '__defaults__', None)
    wrapper.__kwdefaults__ = getattr(function, '__kwdefaults__', None)
    wrapper._is_coroutine = _MARKER


class CachedFunction:
    """A function that remembers what it answered: what `AsyncLRU` and `AsyncTTL` make of one.

    Call it as the function itself, and await it; ``use_cache=False`` calls the function in any case, and remembers
    what it answers now.
    """

    def __init__(self, function, cache, keys, decorator, ttl, limits, is_shared):
        look_like(self, function)
        self._function = function
        self._decorator = decorator
        self._keys = keys
        self._key = keys.key
        self._lookup = cache.lookup_for_get
        self._ttl = ttl
        self._limits = limits
        # Where others keep theirs too, the tag says which answers are this function's.  The same as in C.
        self._tags = [f'{keys.name}(*)'] if is_shared else []
        self.cache = cache

    def __repr__(self):
        return f'<{type(self._decorator).__name__} {self._keys.name}>'

    async def __call__(self, /, *args: Any, use_cache: bool = True, **kwargs: Any) -> Any:
        if use_cache:
            kept = self._lookup(self._key(args, kwargs))
            if type(kept) is Kept:
                return kept.value
        return await self.cache.load(self._key(args, kwargs), functools.partial(self._function, *args, **kwargs),
                                     _LOOKED_UP if use_cache else _REFRESH, self._ttl, self._tags, self._limits)

    def __get__(self, instance, owner=None):
        return self if instance is None else BoundFunction(self, instance)

    def key(self, /, *args: Any, **kwargs: Any) -> str:
        """The key under which the answer to a call is kept."""
        return self._key(args, kwargs)

    def invalidate_cache(self, /, *args: Any, **kwargs: Any) -> bool:
        """Forget the answer to one call, and say whether it was in memory. Give the arguments of the call."""
        return self.cache.memo.delete(self._key(args, kwargs))

    def clear_cache(self) -> None:
        """Forget all answers of this function, and those of no other that shares its cache or tiers."""
        if self._tags:
            self.cache.invalidate_tags(*self._tags)
        else:
            self.cache.clear()

    def get_metrics(self) -> Metrics:
        """What was counted so far: `Metrics`, which are those of all that share a cache."""
        return self.cache.get_metrics()


class BoundFunction:
    """A decorated method of an object."""

    __slots__ = ('__func__', '__self__')

    def __init__(self, function, instance):
        self.__func__ = function
        self.__self__ = instance

    def __call__(self, /, *args, **kwargs):
        return self.__func__(self.__self__, *args, **kwargs)

    def key(self, /, *args: Any, **kwargs: Any) -> str:
        return self.__func__.key(self.__self__, *args, **kwargs)

    def invalidate_cache(self, /, *args: Any, **kwargs: Any) -> bool:
        return self.__func__.invalidate_cache(self.__self__, *args, **kwargs)

    def __getattr__(self, name):
        return getattr(self.__func__, name)

    def __repr__(self):
        return f'{self.__func__!r} of {self.__self__!r}'

    def __eq__(self, other):
        return (isinstance(other, BoundFunction) and
                self.__func__ is other.__func__ and self.__self__ is other.__self__)

    def __hash__(self):
        return hash((id(self.__func__), id(self.__self__)))


class Decorator:
    """What is written above a function, with parentheses or without."""

    if not TYPE_CHECKING:
        def __new__(cls, function=None, *args, **kwargs):
            self = super().__new__(cls)
            if callable(function):
                # Without parentheses.
                self.__init__()
                return self(function)
            return self

        def __init_subclass__(cls):
            # What help() shows, in place of what __new__() takes.
            cls.__signature__ = inspect.Signature(list(inspect.signature(cls.__init__).parameters.values())[1:])


class _CacheDecorator(Decorator):
    _has_ttl = False

    def __init__(self, maxsize, default_ttl, skip_args, backup, remote_cache, name, cache, timeout, error_ttl,
                 options):
        self._options = dict(options, maxsize=maxsize, default_ttl=default_ttl, backup=backup, remote_cache=remote_cache)
        self._cache = cache
        self._ttl = default_ttl
        if cache is not None:
            if not isinstance(cache, AsyncCache):
                raise TypeError(f'cache is an AsyncCache, such as that of another function, not {cache!r}')
            if backup is not None or remote_cache is not None or options:
                raise TypeError('a cache that is shared has tiers and options of its own: give them to AsyncCache()')
        self._skip_args = skip_args
        self._name = name
        # Before there is a function: what is wrong is said in the line that has it.
        seconds_of(default_ttl)
        self._limits = limits_of(timeout, error_ttl)

    def __call__(self, function: Callable[..., Any]) -> CachedFunction:
        if not callable(function):
            raise TypeError(f'{type(self).__name__} decorates a function, not {function!r}')
        keys = CallKeys(function, self._name, self._skip_args)
        if self._cache is not None:
            # Of a function that does not say how long, answers live as long as the cache's other entries.
            ttl = DEFAULT if self._ttl is None and not self._has_ttl else self._ttl
            return CachedFunction(function, self._cache, keys, self, seconds_of(ttl), self._limits, True)
        has_tier = any(self._options[tier] is not None for tier in ('backup', 'remote_cache'))
        return CachedFunction(function, AsyncCache(**self._options), keys, self, Memo.TTL_DEFAULT, self._limits, has_tier)


class AsyncLRU(_CacheDecorator):
    """Make a function remember its answers, the ``maxsize`` that were used last.

    ::

        @AsyncLRU(maxsize=128)
        async def get_product(product_id): ...

    ``skip_args`` of the first arguments are no part of the key, such as ``self``. ``backup`` and ``remote_cache`` are
    as for `AsyncCache`, and so are all other options. ``name`` stands in the keys in place of the function's own. With
    ``cache``, an `AsyncCache`, the answers are kept there, among those of others, in place of a cache of the function's own.
    ``timeout`` and ``error_ttl`` are those of `AsyncCache.get()`.

    The decorated function has ``invalidate_cache(...)``, which forgets the answer to one call, ``clear_cache()`` and
    ``get_metrics()``. A function that is not `async def` is called in a thread.
    """

    def __init__(self, maxsize: Optional[int] = 128, skip_args: int = 0, backup: Optional[Tier] = None,
                 remote_cache: Optional[Tier] = None, *, name: Optional[str] = None, cache: Optional[AsyncCache] = None,
                 timeout: Seconds = None, error_ttl: Seconds = 0, **options: Any) -> None:
        super().__init__(maxsize, None, skip_args, backup, remote_cache, name, cache, timeout, error_ttl, options)


class AsyncTTL(_CacheDecorator):
    """Make a function remember its answers for ``time_to_live`` seconds; None is for ever.

    ::

        @AsyncTTL(time_to_live=60, skip_args=1)
        async def get_session(self, session_id): ...

    All else is as for `AsyncLRU`.
    """

    _has_ttl = True

    def __init__(self, time_to_live: TimeToLive = 60, maxsize: Optional[int] = 1024, skip_args: int = 0,
                 backup: Optional[Tier] = None, remote_cache: Optional[Tier] = None, *, name: Optional[str] = None,
                 cache: Optional[AsyncCache] = None, timeout: Seconds = None, error_ttl: Seconds = 0,
                 **options: Any) -> None:
        if time_to_live is DEFAULT:
            raise TypeError('time_to_live is a number of seconds, or None for ever')
        super().__init__(maxsize, time_to_live, skip_args, backup, remote_cache, name, cache, timeout, error_ttl, options)
