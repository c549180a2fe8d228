# SPDX-License-Identifier: LGPL-2.1-or-later
"""Invalidators: changes that are tied to the reads that they make wrong."""
from __future__ import annotations

import asyncio
import functools
import inspect
from typing import Any, Callable, Optional

from gi.repository import Memo

from ._decorators import AsyncLRU, AsyncTTL, CachedFunction
from ._functions import call as call_function
from ._mutations import bracket


class _Reads:
    """Which calls of a read a change touches."""

    def __init__(self, read, change):
        self._read = read
        self._change = inspect.signature(change)
        read_parameters = list(inspect.signature(read).parameters.values())
        skip = read._keys.skip_args
        taken = set(self._change.parameters)
        named = [p for p in read_parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        needed = [p.name for p in read_parameters[skip:] if p.default is p.empty
                  and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]

        self._names = None
        if len(named) == len(read_parameters) and taken.issuperset(needed):
            self._names = [p.name for p in named]
            self._skipped = {p.name for p in read_parameters[:skip]}
            return

        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self._n_args = len([p for p in read_parameters if p.kind in positional])
        given = len([p for p in self._change.parameters.values() if p.kind in positional])
        if given < skip + len(needed):
            raise TypeError(f'the arguments of {change.__qualname__}() do not name a call of {read!r}, which takes '
                            f'{", ".join(needed)}: give key=, a function that does, or clear_all=True')

    def key(self, args, kwargs):
        """The key of the call that has the arguments of the change that the read takes, too."""
        bound = self._change.bind(*args, **kwargs)
        bound.apply_defaults()
        if self._names is None:
            return self._read.key(*bound.args[:self._n_args])
        arguments = bound.arguments
        return self._read.key(**{name: arguments.get(name) for name in self._names
                                 if name in arguments or name in self._skipped})


class _Invalidator:
    _decorator: type = object

    def __init__(self, *reads: Any, key: Optional[Callable[..., Any]] = None, clear_all: bool = False) -> None:
        if not reads:
            raise TypeError(f'{type(self).__name__} needs the function whose answers the change makes wrong')
        if key is not None and clear_all:
            raise TypeError('give key or clear_all, not both')
        # Of a method of an object: the method.
        self._reads: list[CachedFunction] = [getattr(read, '__func__', read) for read in reads]
        for read in self._reads:
            if not isinstance(read, CachedFunction) or not isinstance(read._decorator, self._decorator):
                raise TypeError(f'{type(self).__name__} takes functions that {self._decorator.__name__} decorates, not {read!r}')
        self._key = key
        self._clear_all = clear_all

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if not callable(function):
            raise TypeError(f'{type(self).__name__} decorates a function, not {function!r}')
        reads = [] if self._key is not None or self._clear_all else [_Reads(read, function) for read in self._reads]

        @functools.wraps(function)
        async def change(*args, **kwargs):
            mutations = self._mutations(reads, args, kwargs)
            # A task of its own: the bracket is closed when the function is over, and not when somebody stops waiting.
            task = asyncio.ensure_future(_bracket(mutations, function, args, kwargs))
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                task.add_done_callback(_take_exception)
                task.cancel()
                raise
        return change

    def _mutations(self, reads, args, kwargs):
        """What the change touches: a mutation for each cache."""
        mutations = {}

        def mutation_of(read):
            if read.cache not in mutations:
                mutations[read.cache] = Memo.Mutation.new(read.cache.memo)
            return mutations[read.cache]

        if self._clear_all:
            for read in self._reads:
                if read._tags:
                    mutation_of(read).add_tag(*read._tags)
                else:
                    mutation_of(read).add_everything()
        elif self._key is not None:
            calls = self._key(*args, **kwargs)
            for call in calls if isinstance(calls, list) else [calls]:
                for read in self._reads:
                    mutation_of(read).add_key(read.key(*(call if isinstance(call, tuple) else (call,))))
        else:
            for read, names in zip(self._reads, reads):
                mutation_of(read).add_key(names.key(args, kwargs))
        return list(mutations.values())


def _take_exception(task):
    """Nobody waits for it, which is no reason to complain."""
    if not task.cancelled():
        task.exception()


async def _bracket(mutations, function, args, kwargs):
    async with bracket(mutations):
        return await uninterrupted(function, args, kwargs)


async def uninterrupted(function, args, kwargs):
    """Call a function, and be over when it is: a thread goes on where its task is cancelled."""
    if inspect.iscoroutinefunction(function):
        return await function(*args, **kwargs)

    task = asyncio.ensure_future(call_function(function, *args, **kwargs))
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        _take_exception(task)
        raise asyncio.CancelledError
    return task.result()


class AsyncLRUInvalidator(_Invalidator):
    """Tie a function that changes something to the reads that it makes wrong, which `AsyncLRU` decorates.

    ::

        @AsyncLRUInvalidator(get_user)
        async def update_user(user_id, name): ...

    What the change touches is dropped before the function is called and again when it is over, whether it succeeded or
    not; in between nothing of it is kept, so that a read that overlaps the change cannot bring back what was.

    The change touches the call of the read with the same arguments: those of the same names, or, where the names differ, the
    first ones. ``key``, called with the arguments of the change, says which instead: it gives the argument, a tuple of
    arguments, or a list of such. With ``clear_all`` all answers of the reads are dropped.
    """

    _decorator = AsyncLRU


class AsyncTTLInvalidator(_Invalidator):
    """As `AsyncLRUInvalidator`, for reads that `AsyncTTL` decorates."""

    _decorator = AsyncTTL
