# SPDX-License-Identifier: LGPL-2.1-or-later
"""AsyncCache: the cache itself."""
from __future__ import annotations

import asyncio
import functools
from contextlib import AbstractAsyncContextManager
from typing import Any, Callable, Hashable, Mapping, Optional, Union

from gi.repository import GLib, Memo

from . import _loaders
from ._backends import Backend, DiskBackend, RedisBackend, backend_of
from ._codecs import Codec, PlainCodec
from ._errors import WarmupError
from ._keys import cache_key
from ._loops import wait, within_loop
from ._metrics import Metrics
from ._mutations import bracket
from ._sizes import size_of
from ._values import (DEFAULT, MISS, BatchLoader, Kept, Loader, Seconds, Tags, TimeToLive, entry_of, seconds_of, tags_of,
                      value_of)

# To find them in their namespace costs as much as to call them.
_LOOKED_UP = Memo.GetFlags.LOOKED_UP
_REFRESH = Memo.GetFlags.REFRESH

# A backend, of a plugin or of one's own, or its URI.
Tier = Union[DiskBackend, RedisBackend, Backend, Memo.Backend, str]


def _count(name, value, least, none=None):
    """A number of things; None is `none` where that is something."""
    if value is None and none is not None:
        return none
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f'{name} is a whole number{" or None" if none is not None else ""}, not {value!r}')
    most = none if none is not None else Memo.UNLIMITED
    if not least <= value < most:
        raise ValueError(f'{name} is {least} or more, and less than {most}, not {value!r}')
    return value


def _factor(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f'{name} is a number, not {value!r}')
    if not 0 <= value < float('inf'):
        raise ValueError(f'{name} is 0 or more, not {value!r}')
    return float(value)


_POLICIES = {policy.value_nick: policy for policy in Memo.EvictionPolicy.__enum_values__.values()}


def _policy(name):
    if name not in _POLICIES:
        raise ValueError(f'eviction_policy is one of {", ".join(map(repr, _POLICIES))}, not {name!r}')
    return _POLICIES[name]


# What an entry takes beside its value: the entry itself, and the objects of Python that hold the value.
_BESIDE = 200


class AsyncCache:
    """A cache in memory, with one load per key however many ask for it, and tiers behind it where there are any.

    ``maxsize`` is how many entries are kept at most; the least recently used ones make room. None is any number, 0 keeps nothing.
    With ``eviction_policy='s3-fifo'`` those make room that nobody came back for.
    ``max_bytes`` is how much memory they take at most, with their keys and tags; None is as much as there is.
    ``getsizeof`` says how many bytes a value takes; without it, `sys.getsizeof()` of it and of what is in it is added up.
    With ``trim_on_low_memory`` a part of the entries goes when the system says that memory is low.
    ``default_ttl`` is how long an entry lives, in seconds; None is for ever.
    ``batch_window_ms`` is for how long the keys of a batch are gathered, in milliseconds, and
    ``max_batch_size`` how many there are at most, and how many loads of a warm-up run at a time.
    ``backup`` is a `DiskBackend` or another backend, in which entries survive the end of the process.
    ``remote_cache`` is a `RedisBackend` or another one that other processes share.

    With one of these two, values have to be plain data, or ``codec`` has to be one that knows them.
    ``record_secret`` are bytes with which what is kept there is signed. What takes longer
    than ``tier_timeout`` seconds to be read is done without. With ``stale_if_remote_down`` the backup is read while the
    remote cache fails. With ``strict_changes`` a change is refused before it begins while the other processes cannot be kept from
    storing what it makes wrong. With ``early_refresh`` above 0, such as 1, what is asked for shortly before it expires is loaded again
    while everybody is still given what is there: the longer its load took and the more often it is asked for, the earlier.
    ``clock`` is a `Memo.ManualClock` in tests.

    A cache may be made before the event loop runs, outlive it, and be used from several threads, each with
    a loop of its own.
    """

    def __init__(self, maxsize: Optional[int] = 128, default_ttl: TimeToLive = None, batch_window_ms: int = 5,
                 max_batch_size: int = 100, backup: Optional[Tier] = None, remote_cache: Optional[Tier] = None, *,
                 max_bytes: Optional[int] = None, eviction_policy: str = 'lru', trim_on_low_memory: bool = False,
                 getsizeof: Optional[Callable[[Any], int]] = None, codec: Optional[Codec] = None,
                 clock: Optional[Memo.Clock] = None, record_secret: Optional[bytes] = None,
                 stale_if_remote_down: bool = False, strict_changes: bool = False,
                 tier_timeout: float = 5.0, early_refresh: float = 0.0) -> None:
        if default_ttl is DEFAULT:
            default_ttl = None
        properties = {
            'maxsize': _count('maxsize', maxsize, 0, Memo.UNLIMITED),
            'default_ttl': seconds_of(default_ttl),
            'batch_window_ms': _count('batch_window_ms', batch_window_ms, 0),
            'max_batch_size': _count('max_batch_size', max_batch_size, 1),
            'max_bytes': _count('max_bytes', max_bytes, 0, Memo.UNLIMITED_BYTES),
            'eviction_policy': _policy(eviction_policy),
            'trim_on_low_memory': bool(trim_on_low_memory),
            'early_refresh': _factor('early_refresh', early_refresh),
        }
        if getsizeof is not None and not callable(getsizeof):
            raise TypeError(f'getsizeof is a function that says how many bytes a value takes, not {getsizeof!r}')
        # To look at every value takes time, which nobody spends who does not want to know.
        self._size_of = getsizeof or (size_of if max_bytes is not None else None)
        if record_secret is not None and not record_secret:
            raise ValueError('record_secret must not be empty: give it some bytes that nobody can guess')
        self._codec = None
        if backup is not None or remote_cache is not None:
            self._codec = codec if codec is not None else PlainCodec()
            properties.update(codec=self._codec, tier_timeout=seconds_of(tier_timeout or 0),
                              stale_if_remote_down=bool(stale_if_remote_down), strict_changes=bool(strict_changes))
            if backup is not None:
                properties['backup'] = backend_of(backup)
            if remote_cache is not None:
                properties['remote_cache'] = backend_of(remote_cache)
            if record_secret is not None:
                properties['record_secret'] = GLib.Bytes.new(record_secret)
        if clock is not None:
            properties['clock'] = clock

        with within_loop():
            self._memo = Memo.AsyncCache(**properties)
        # Gives the value of a key as the library has it, where a get would have nothing to do but to give that.
        self.lookup_for_get = self._memo.lookup_for_get if early_refresh else self._memo.lookup_value
        self._batches = _loaders.Batches(self, bool(early_refresh))

    @property
    def memo(self) -> Memo.AsyncCache:
        """The `Memo.AsyncCache` of it, for what is on the GLib side of a program."""
        return self._memo

    def __repr__(self):
        return f'<AsyncCache with {len(self)} entries>'

    async def get(self, key: Hashable, loader: Optional[Loader] = None, batch_loader: Optional[BatchLoader] = None,
                  ttl: TimeToLive = DEFAULT, *, default: Any = None, tags: Tags = (), use_cache: bool = True,
                  timeout: Seconds = None, error_ttl: Seconds = 0) -> Any:
        """Get the value of a key; what is not there is loaded.

        ``loader`` is called without arguments: an `async def`, a function that gives something to await, or one that does neither,
        which is called in a thread. ``batch_loader`` is called with a list of the keys that are asked for within a few
        milliseconds, and gives a dictionary, or a list of values in the order of the keys; give the same function each time.
        What a loader raises is raised here, and by everybody else who waits for the same load. None is a value like others;
        a loader that gives `MISS` says that there is none, so nothing is kept, and who waits gets ``default``.

        Without a loader a key that is not there is ``default``, unless somebody else is loading it.

        ``ttl`` is how long what is loaded lives, in seconds; None is for ever, and without it the cache's default counts.
        ``tags`` are those of what is loaded. With ``use_cache=False`` it is loaded even if it is there, and stays until that
        has succeeded.

        A load that takes more than ``timeout`` seconds is given up, and all who wait for it get a `TimeoutError`; None is no
        limit. What a loader raised is raised for ``error_ttl`` seconds to all who ask, without loading again. Who joins a load of
        somebody else's has the limits of that one.

        To cancel the task ends its wait, and the load only if nobody else waits.
        """
        # What cache_key() does with most keys.
        text = key if type(key) is str and key.isprintable() else cache_key(key)
        flags = _REFRESH
        if use_cache:
            kept = self.lookup_for_get(text)
            if type(kept) is Kept:
                return kept.value
            # It is not there, is to be refreshed early, or was not kept by Python: then the library finds it once more.
            flags = _LOOKED_UP

        if loader is not None and batch_loader is not None:
            raise TypeError('give a loader or a batch_loader, not both')
        ttl, tags, limits = seconds_of(ttl), tags_of(tags), _loaders.limits_of(timeout, error_ttl)
        if batch_loader is None:
            return await self.load(text, loader, flags, ttl, tags, limits, default)

        made = [self._batches.enter(batch_loader, limits, text, key, ttl, tags)]
        try:
            return await self._await_entry(text, made.pop(), flags, default)
        finally:
            self._batches.leave(batch_loader, limits, text)

    async def load(self, text, function, flags, ttl, tags, limits=None, default=None):
        """What `get()` and decorators do about a key that was not found; ``text`` is what `cache_key()` makes of it."""
        return await self._await_entry(
            text, _loaders.single(self, text, function, ttl, tags, limits) if function is not None else None, flags, default)

    async def _await_entry(self, text, loader, flags, default):
        _loaders.check_recursion(self, text)
        waiting = wait(functools.partial(self._memo.get_with_closure, text, flags, loader), self._memo.get_finish)
        # Else a loader that somehow has the exception that it raised would be held by that.
        del loader
        entry = await waiting
        return value_of(entry) if entry is not None else default

    def entry_of(self, value, ttl, tags):
        """What a loader's answer becomes: an entry, or None for `MISS`."""
        entry = entry_of(value, ttl, tags, self._codec)
        if entry is not None and self._size_of is not None:
            entry.set_size(_BESIDE + _count('what getsizeof gives', self._size_of(value), 0))
        return entry

    def lookup(self, key: Hashable, default: Any = None) -> Any:
        """Get the value of a key if it is in memory, at once; ``default`` where it is not.

        It counts as a hit or a miss, and makes the entry the most recent. Nothing is loaded, and no tier is asked.
        """
        entry = self._memo.lookup(cache_key(key))
        return value_of(entry) if entry is not None else default

    def peek(self, key: Hashable, default: Any = None) -> Any:
        """Get the value of a key if it is in memory, and leave no trace: it does not count, and makes nothing recent."""
        entry = self._memo.peek(cache_key(key))
        return value_of(entry) if entry is not None else default

    def set(self, key: Hashable, value: Any, ttl: TimeToLive = DEFAULT, *, tags: Tags = ()) -> None:
        """Keep a value, in place of the one that is there.

        ``ttl`` is in seconds; None is for ever, and without it the cache's default counts. A load of the key that is
        under way is not kept any more. With a tier, `flush()` says when it has the value.
        """
        if value is MISS:
            raise TypeError('MISS is no value, but what a loader says when there is none: delete() the key')
        self._memo.set(cache_key(key), self.entry_of(value, seconds_of(ttl), tags_of(tags)))

    def delete(self, key: Hashable) -> bool:
        """Drop a key, and say whether it was in memory. A load of it that is under way is not kept any more."""
        return self._memo.delete(cache_key(key))

    def clear(self) -> None:
        """Drop everything. What is being loaded is not kept any more."""
        self._memo.clear()

    def invalidate_tags(self, *tags: str) -> None:
        """Drop what carries one of the tags; what is being loaded, too."""
        self._memo.invalidate_tags(tags_of(tags))

    def changing(self, *keys: Hashable, tags: Tags = (), everything: bool = False) -> AbstractAsyncContextManager[None]:
        """Say what is changed in the source, while it is changed.

        ::

            async with cache.changing('user:42', tags=['users']):
                await db.rename(42, 'Ada')

        The keys, what carries one of the tags, or with ``everything`` all there is, is dropped before the change and again
        after it, whether it succeeded or not. What is loaded meanwhile is given to who asks for it, and not kept: it may be what was there
        before. A `delete()` before the change or after it cannot say that.

        The bracket is closed where the block ends, also when it is left by an exception or its task is cancelled; so do not leave
        a change behind that goes on, such as one in a thread.
        """
        tags = tags_of(tags)
        if not keys and not tags and not everything:
            raise TypeError('say what is changed: keys, tags=, or everything=True')
        mutation = Memo.Mutation.new(self._memo)
        for key in keys:
            mutation.add_key(cache_key(key))
        for tag in tags:
            mutation.add_tag(tag)
        if everything:
            mutation.add_everything()
        return bracket([mutation])

    def trim(self, percent: int = 100) -> None:
        """Evict a part of the entries, those first that would go first anyway."""
        if isinstance(percent, bool) or not isinstance(percent, int):
            raise TypeError(f'percent is a whole number, not {percent!r}')
        if not 0 <= percent <= 100:
            raise ValueError(f'percent is 0 to 100, not {percent!r}')
        self._memo.trim(percent)

    def __contains__(self, key: Hashable) -> bool:
        return self._memo.contains(cache_key(key))

    def __len__(self) -> int:
        return self._memo.get_metrics().size

    def get_metrics(self) -> Metrics:
        """What was counted so far: `Metrics`."""
        return Metrics.of(self._memo.get_metrics())

    def reset_metrics(self) -> None:
        """Begin to count anew; the entries stay."""
        self._memo.reset_metrics()

    async def warmup(self, loaders: Mapping[Any, Loader], ttl: TimeToLive = DEFAULT, *, tags: Tags = ()) -> None:
        """Load many keys side by side: ``{'user:1': load_user_1, ...}``.

        What is in memory already is left out. When some fail, the others are loaded all the same, and then `WarmupError`
        is raised, with all that went wrong.
        """
        ttl, tags = seconds_of(ttl), tags_of(tags)
        left = iter([(key, cache_key(key), loader) for key, loader in loaders.items()])
        failures = {}

        async def work():
            for key, text, loader in left:
                try:
                    await self.load(text, loader, Memo.GetFlags.WARMUP, ttl, tags)
                except Exception as error:  # pylint: disable=broad-except
                    failures[key] = error

        await asyncio.gather(*(work() for _ in range(min(len(loaders), self._memo.get_max_batch_size()))))
        if failures:
            raise WarmupError(failures)

    async def flush(self) -> None:
        """Wait until all that was asked before is in every tier for good, or raise what failed."""
        await wait(self._memo.flush_async, self._memo.flush_finish)

    async def close(self) -> None:
        """Flush the cache and end it: whoever gets something afterwards gets an error."""
        await wait(self._memo.close_async, self._memo.close_finish)

    async def __aenter__(self) -> AsyncCache:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()
