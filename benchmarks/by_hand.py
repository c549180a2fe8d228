# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cache that one writes by hand in Python, and does well: what the package is measured against.

An OrderedDict in the order of last use, a deadline each, and a dictionary of the loads under way
that others join.  A decorator on top makes keys of arguments as functools.lru_cache() does, so
f (1) and f (x=1) are two calls, and f (1) and f (True) are one.  Nothing else that the package does.
"""
import asyncio
import collections
import functools
import time

_MISSING = object()
_KEYWORDS = object()


class ByHand:
    """A cache of the event loop that its gets run in."""

    def __init__(self, maxsize, default_ttl):
        self.maxsize = maxsize
        self.default_ttl = default_ttl
        self._kept = collections.OrderedDict()
        self._loads = {}

    def __len__(self):
        return len(self._kept)

    def lookup(self, key, default=None):
        """The value of a key that has not expired, which is now the one that was used last."""
        kept = self._kept.get(key)
        if kept is None or time.monotonic() >= kept[1]:
            return default
        self._kept.move_to_end(key)
        return kept[0]

    def set(self, key, value):
        """Keep a value for as long as the cache does."""
        self._kept[key] = value, time.monotonic() + self.default_ttl
        self._kept.move_to_end(key)
        if len(self._kept) > self.maxsize:
            self._kept.popitem(last=False)

    def delete(self, key):
        """Drop a key, and see to it that a load under way does not bring it back."""
        self._kept.pop(key, None)
        self._loads.pop(key, None)

    async def get(self, key, loader):
        """The value of a key; whoever asks for one that is being loaded waits for that load."""
        value = self.lookup(key, _MISSING)
        if value is not _MISSING:
            return value

        load = self._loads.get(key)
        if load is None:
            load = self._loads[key] = asyncio.ensure_future(self._load(key, loader))
        # Who is cancelled leaves, and the load goes on for the others.
        return await asyncio.shield(load)

    async def _load(self, key, loader):
        load = asyncio.current_task()
        try:
            value = await loader()
            if self._loads.get(key) is load:
                self.set(key, value)
            return value
        finally:
            if self._loads.get(key) is load:
                del self._loads[key]


def cached(maxsize=128, ttl=60.0):
    """A decorator of coroutine functions, each with a cache of its own."""
    def decorate(function):
        cache = ByHand(maxsize, ttl)
        lookup, get = cache.lookup, cache.get

        @functools.wraps(function)
        async def wrapper(*args, **kwargs):
            key = args if not kwargs else (*args, _KEYWORDS, *sorted(kwargs.items()))
            value = lookup(key, _MISSING)
            if value is not _MISSING:
                return value
            return await get(key, functools.partial(function, *args, **kwargs))

        wrapper.cache = cache
        return wrapper
    return decorate
