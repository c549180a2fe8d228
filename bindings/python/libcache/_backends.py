# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backends: where a cache keeps what it has, outside of the memory."""
from __future__ import annotations

import asyncio
import inspect
import os
import urllib.parse
from typing import Any, Optional, Union

from gi.repository import GLib, GObject, Memo

from . import _errors
from ._functions import call as call_function
from ._loops import wait, within_loop


def backend_of(backend):
    """The `Memo.Backend` that is meant: the object itself, or what a URI names."""
    if isinstance(backend, str):
        return Memo.Backend.new_for_uri(backend)
    memo = getattr(backend, 'memo', backend)
    if not isinstance(memo, Memo.Backend):
        raise TypeError(f'a backend is a DiskBackend, a RedisBackend, an object of a class derived from Backend, '
                        f'or a URI, not {backend!r}')
    return memo


class _Plugin:
    """A backend that a plugin provides."""

    def __init__(self, uri):
        # Its notifications come in the loop.
        with within_loop():
            self.memo = Memo.Backend.new_for_uri(uri)

    async def open(self) -> None:
        """Open it now, and raise why it cannot be; else it is opened when it is first used."""
        await wait(self.memo.open_async, self.memo.open_finish)

    async def flush(self) -> None:
        """Make durable all that was stored before."""
        await wait(self.memo.flush_async, self.memo.flush_finish)

    async def close(self) -> None:
        """Give everything back. A cache that is closed leaves its backends open, as others may use them."""
        await wait(self.memo.close_async, self.memo.close_finish)

    async def __aenter__(self):
        await self.open()
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()


def _query(parameters):
    given = {name: str(value).lower() if isinstance(value, bool) else str(value)
             for name, value in parameters.items() if value is not None}
    return '?' + urllib.parse.urlencode(given, quote_via=urllib.parse.quote) if given else ''


class DiskBackend(_Plugin):
    """Keeps entries in a file, so that they survive the end of the process.

    ``path`` is the file, whose folder is made where it is not there; a name without a slash is a file in the folder of the
    user's caches, and in there in that of the ``application``. ``max_size`` is how large it may become, in bytes or as in
    ``'64M'``. With ``exclusive`` no other process may use it.
    """

    def __init__(self, path: Union[str, os.PathLike], *, max_size: Union[int, str, None] = None,
                 exclusive: Optional[bool] = None, application: Optional[str] = None) -> None:
        path = os.fspath(path)
        query = _query({'max-size': max_size, 'exclusive': exclusive, 'application': application})
        if '/' in path:
            place = '//' + urllib.parse.quote(os.path.abspath(os.path.expanduser(path)))
        else:
            place = urllib.parse.quote(path, safe='')
        super().__init__(f'disk:{place}{query}')


class RedisBackend(_Plugin):
    """Keeps entries in a Redis server, which other processes share.

    ``url`` is as in ``redis://localhost:6379/0``, ``rediss://`` for TLS, or ``redis+unix:///path`` for a socket. All keys
    there begin with ``prefix``. What takes longer than ``timeout`` seconds is done without. ``ca``, ``cert`` and ``key`` are files
    for TLS.
    """

    def __init__(self, url: str = 'redis://localhost:6379/0', *, prefix: Optional[str] = None,
                 timeout: Optional[float] = None, ca: Optional[str] = None, cert: Optional[str] = None,
                 key: Optional[str] = None) -> None:
        query = _query({'prefix': prefix, 'timeout-ms': round(timeout * 1000) if timeout is not None else None,
                        'ca': ca, 'cert': cert, 'key': key})
        super().__init__(url + (query.replace('?', '&') if '?' in url else query))


class Backend(GObject.Object, Memo.Backend):
    """A backend of your own: derive from it, and write `load()`, `store()`, `remove()` and `clear()`.

    Each may be `async def`; one that is not is called in a thread. What is kept are bytes, which mean nothing to a backend. A
    cache asks for one thing at a time of a key, and for any number of keys at a time. An exception is the answer: the cache
    goes on without the backend. Asynchronous functions run in the event loop that asks, or that asked last.
    """

    _loop = None
    _is_told_of_durability = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # Most have no use for it, and need not write it down.
        parameters = inspect.signature(cls.store).parameters.values()
        n_positional = sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
        cls._is_told_of_durability = n_positional > 4 or any(p.kind is p.VAR_POSITIONAL for p in parameters)

    async def open(self) -> None:
        """Open what the bytes are kept in; asked before all else, and again where it raised."""

    async def load(self, key: str) -> Optional[bytes]:
        """Give the bytes of a key, or None."""
        raise NotImplementedError('load')

    async def store(self, key: str, data: bytes, ttl: Optional[float], durable: bool = False) -> None:
        """Keep bytes under a key, in place of what is there; ``ttl`` is how many seconds they are of use, or None.

        ``durable`` is whether they have to survive a loss of power when this is over; one that does not take it is not told.
        """
        raise NotImplementedError('store')

    async def remove(self, key: str, only: Optional[bytes] = None) -> None:
        """Remove a key for good; with ``only``, if it has exactly these bytes."""
        raise NotImplementedError('remove')

    async def clear(self) -> None:
        """Remove all keys for good."""
        raise NotImplementedError('clear')

    async def flush(self) -> None:
        """Make durable all that was stored."""

    async def close(self) -> None:
        """Give everything back."""

    def do_open(self, call):
        self._ask(call, self.open)

    def do_load(self, key, call):
        self._ask(call, self.load, key, answer=lambda data: call.return_bytes(
            GLib.Bytes.new(data) if data is not None else None))

    def do_store(self, key, call):
        ttl = call.get_ttl()
        durable = (call.get_durable(),) if self._is_told_of_durability else ()
        self._ask(call, self.store, key, call.get_bytes().get_data(), ttl if ttl != Memo.TTL_FOREVER else None, *durable)

    def do_remove(self, key, call):
        only = call.get_bytes()
        self._ask(call, self.remove, key, only.get_data() if only is not None else None)

    def do_clear(self, call):
        self._ask(call, self.clear)

    def do_flush(self, call):
        self._ask(call, self.flush)

    def do_close(self, call):
        self._ask(call, self.close)

    def _ask(self, call, function, *args, answer=None):
        async def work():
            try:
                result = await call_function(function, *args)
                if answer is not None:
                    answer(result)
                else:
                    call.return_nothing()
            except NotImplementedError as error:
                call.return_error(GLib.Error.new_literal(
                    _errors.Error.quark(), f'{type(self).__name__} has no {error}()', _errors.Error.NOT_SUPPORTED))
            except asyncio.CancelledError:
                call.return_error(_errors.abandoned(f'{type(self).__name__}.{function.__name__}()'))
                raise
            except Exception as error:  # pylint: disable=broad-except
                call.return_exception(_errors.entry_of(error), _errors.message_of(error))

        self._run(call, work)

    def _run(self, call, work):
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            _keep(self._loop.create_task(work()))
            return

        # Asked outside of any loop.
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(lambda: _keep(self._loop.create_task(work())))
                return
            except RuntimeError:
                pass
        call.return_error(GLib.Error.new_literal(
            _errors.Error.quark(), f'{type(self).__name__} needs an event loop, and none is running',
            _errors.Error.UNAVAILABLE))


_tasks = set()


def _keep(task):
    """The event loop knows its tasks by weak references only."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
