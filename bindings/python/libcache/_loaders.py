# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loaders: functions of the user that the library calls when a value is missing."""
import asyncio
import collections.abc
import contextvars

from gi.repository import GLib, GObject, Memo

from . import _errors
from ._functions import call as call_function
from ._values import duration_of

# To find them in their namespace costs as much as to call them.
_connect = GObject.Object.connect
_new_loader = Memo.Loader.new_with_closure

# The loads that the running code is a part of.
_within = contextvars.ContextVar('libcache-loads', default=())

# How many keys of a batch are known for a moment after they were given: until those of them that are refreshed early are loaded.
_MOST_LEFT = 1000

# The event loop knows its tasks by weak references only.
_tasks = set()


class Load:
    """One load that is under way, for who asks from inside it."""

    __slots__ = ('cache', 'texts')

    def __init__(self, cache, texts):
        self.cache = cache
        self.texts = texts


def check_recursion(cache, text):
    """Refuse a get by a loader of the very key that it loads: it would wait for itself for ever."""
    for load in _within.get():
        if load.cache is cache and text in load.texts:
            raise _errors.Error(f'The loader of “{text}” asked for “{text}” itself, and would wait for ever',
                                code=_errors.Error.RECURSION)


def spawn(call, context, work):
    """Has a call answered by a task of the loop that runs; it is cancelled when nobody waits any more."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        # Who waits is no event loop, but a main loop of GLib's.
        call.return_error(GLib.Error.new_literal(
            _errors.Error.quark(), 'A loader in Python needs an event loop, and none is running here', _errors.Error.FAILED))
        return

    cancellable = call.get_cancellable()
    task = context.run(loop.create_task, work)

    def cancelled(_cancellable):
        # In whichever thread the last one left.
        try:
            loop.call_soon_threadsafe(task.cancel)
        except RuntimeError:
            # The loop is closed, and the task with it.
            pass

    # Not Gio.Cancellable.connect(), which is another function.
    handler = _connect(cancellable, 'cancelled', cancelled)

    def ended(task):
        _tasks.discard(task)
        cancellable.disconnect(handler)

    _tasks.add(task)
    task.add_done_callback(ended)


async def answer(cache, call, texts, what, work):
    """Answers a call with what WORK does, and whatever it raises."""
    load = Load(cache, texts)
    _within.set((*_within.get(), load))
    try:
        await work(call)
    except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
        call.return_error(_errors.abandoned(what))
        raise
    except BaseException as error:  # pylint: disable=broad-except
        call.return_exception(_errors.entry_of(error), _errors.message_of(error))
    finally:
        # Who was started by it and goes on may ask now.
        load.cache = None


def limits_of(timeout, error_ttl):
    """How long a load may take and an error is remembered, in seconds, or None where both are as they are unless somebody says."""
    seconds = 0.0 if timeout is None else duration_of(timeout, 'a timeout', 'for no limit')
    if timeout is not None and not seconds:
        raise ValueError('a timeout is more than 0 seconds, or None for no limit')
    remembered = 0.0 if error_ttl is None else duration_of(error_ttl, 'error_ttl', 'for not at all')
    return (seconds, remembered) if seconds or remembered else None


def _limited(loader, limits):
    if limits is not None:
        timeout, error_ttl = limits
        loader.set_timeout(timeout)
        loader.set_error_ttl(error_ttl)
    return loader


def single(cache, text, function, ttl, tags, limits):
    """A loader of one key."""
    context = contextvars.copy_context()

    async def work(call):
        if tags:
            call.add_tags(tags)
        call.return_entry(cache.entry_of(await call_function(function), ttl, tags))

    def load(call):
        spawn(call, context, answer(cache, call, (text,), f'The load of “{text}”', work))

    return _limited(_new_loader(load), limits)


class Batches:
    """The batch loaders of a cache that somebody waits for: gets with the same function and the same limits share one."""

    def __init__(self, cache, refreshes_early):
        self._cache = cache
        self._refreshes_early = refreshes_early
        self._batches = {}

    def enter(self, function, limits, text, key, ttl, tags):
        """Gives the loader of a function; to be left when the get is over."""
        found = self._batches.get((function, limits))
        if found is None:
            batch = _Batch(self._cache, function, _MOST_LEFT if self._refreshes_early else 0)
            # The loader holds the batch, in a way that the garbage collector does not see; so not the other way round.
            loader = _limited(Memo.Loader.new_batch_with_closure(batch.load), limits)
            found = self._batches[function, limits] = batch, loader
        batch, loader = found
        wanted = batch.wanted.setdefault(text, [key, ttl, tags, 0])
        wanted[3] += 1
        return loader

    def leave(self, function, limits, text):
        """The get is over."""
        batch, _ = self._batches[function, limits]
        wanted = batch.wanted[text]
        wanted[3] -= 1
        if wanted[3] == 0:
            batch.leave(text)
            if not batch.wanted:
                del self._batches[function, limits]


class _Batch:
    def __init__(self, cache, function, most_left):
        self._cache = cache
        self._function = function
        self._context = contextvars.copy_context()
        # By the text of a key: the key, the time to live and tags of its entry, and how many wait.
        self.wanted = {}
        # The last of those that nobody waits for any more: they may be refreshed early.
        self._left = {}
        self._most_left = most_left

    def leave(self, text):
        """Nobody waits for a key any more."""
        wanted = self.wanted.pop(text)
        if self._most_left:
            self._left.pop(text, None)
            self._left[text] = wanted
            if len(self._left) > self._most_left:
                del self._left[next(iter(self._left))]

    def load(self, call):
        """Answers a call for many keys."""
        texts = call.get_keys()
        spawn(call, self._context, answer(self._cache, call, texts, 'A batch', self._work))

    async def _work(self, call):
        known = [(text, self.wanted.get(text) or self._left.get(text)) for text in call.get_keys()]
        # Nobody wants the others any more.
        wanted = [(text, what) for text, what in known if what is not None]
        keys = [key for _, (key, *_) in wanted]
        values = await call_function(self._function, keys) if keys else {}

        if isinstance(values, collections.abc.Mapping):
            found = [(item, values[key]) for item, key in zip(wanted, keys) if key in values]
        elif isinstance(values, collections.abc.Iterable) and not isinstance(values, (str, bytes)):
            values = list(values)
            if len(values) > len(keys):
                raise ValueError(f'a batch loader gave {len(values)} values for {len(keys)} keys: '
                                 'give one for each key, in the order of the keys, or a dictionary')
            found = list(zip(wanted, values))
        else:
            raise TypeError(f'a batch loader gives a dictionary or a list of values, not {values!r}')

        for (text, (_, ttl, tags, _)), value in found:
            try:
                if isinstance(value, Exception):
                    raise value
                call.answer(text, self._cache.entry_of(value, ttl, tags))
            except Exception as error:  # pylint: disable=broad-except
                call.answer_exception(text, _errors.entry_of(error), _errors.message_of(error))
        call.finish_batch()
