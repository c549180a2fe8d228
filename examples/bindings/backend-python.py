#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A backend in Python, on nothing but GObject Introspection.

It keeps bytes in a dictionary, where a real one would ask something slow: what has to be written
is the same.
"""
import functools
import sys

import gi

gi.require_version('Memo', '1')
from gi.repository import Gio, GLib, GObject, Memo  # noqa: E402

failures = 0


def check(condition, what):
    """Prints what is so, or complains that it is not."""
    global failures
    if not condition:
        failures += 1
    print(f'  {"" if condition else "NOT "}{what}')


# [answering]
def answering(function):
    """Makes every exception of a virtual function the answer of its call.

    One that left the function would keep the call alive in sys.last_traceback, and with it
    whoever waits for the answer.
    """
    @functools.wraps(function)
    def func(self, *arguments):
        call = arguments[-1]
        try:
            function(self, *arguments)
        except GLib.Error as error:
            call.return_error(error)
        except Exception as error:  # pylint: disable=broad-except
            call.return_error(GLib.Error.new_literal(
                Memo.Error.quark(), f'{type(error).__name__}: {error}', Memo.Error.FAILED))
    return func
# [/answering]


# [backend]
class ShelfBackend(GObject.Object, Memo.Backend):
    """Keeps bytes in a dictionary, and not more of them than it has room for."""

    __gtype_name__ = 'ShelfBackend'

    uri = GObject.Property(type=str, flags=GObject.ParamFlags.READWRITE | GObject.ParamFlags.CONSTRUCT_ONLY)
    room = 3

    def __init__(self, **properties):
        super().__init__(**properties)
        self.shelf = None

    @answering
    def do_open(self, call):
        self.shelf = {}
        call.return_nothing()

    @answering
    def do_load(self, key, call):
        call.return_bytes(self.shelf.get(key))

    @answering
    def do_store(self, key, call):
        if key not in self.shelf and len(self.shelf) == self.room:
            raise GLib.Error.new_literal(Memo.Error.quark(), 'the shelf is full', Memo.Error.BUSY)
        self.shelf[key] = call.get_bytes()
        call.return_nothing()

    @answering
    def do_remove(self, key, call):
        only = call.get_bytes()
        if only is None or (key in self.shelf and self.shelf[key].equal(only)):
            self.shelf.pop(key, None)
        call.return_nothing()

    @answering
    def do_clear(self, call):
        self.shelf.clear()
        call.return_nothing()

    @answering
    def do_close(self, call):
        self.shelf = None
        call.return_nothing()
# [/backend]


# [later]
class LateBackend(ShelfBackend, Memo.Backend):  # the interface again, as one of its functions is overridden
    """Answers a load later: whoever keeps the call may answer it at any time."""

    __gtype_name__ = 'LateBackend'

    def do_load(self, key, call):
        GLib.idle_add(lambda: call.return_bytes(self.shelf.get(key)))
# [/later]


class WrongBackend(ShelfBackend, Memo.Backend):
    """Makes the mistakes that a backend can make."""

    __gtype_name__ = 'WrongBackend'

    @answering
    def do_load(self, key, call):
        call.return_bytes(self.shelf[key])

    def do_clear(self, call):
        raise RuntimeError('nobody catches this')

    def do_flush(self, call):
        """Forgets the call."""


def start(function, *arguments):
    """Starts something that ends with _async and gives the list in which its result will be."""
    results = []
    function(*arguments, None, lambda source, result: results.append(result))
    return results


def finish(function, results):
    """Waits for a result; a program with a main loop would do this in the callback."""
    while not results:
        GLib.MainContext.default().iteration(True)
    return function(results[0])


def load(backend, key):
    """Gives what is there, or None."""
    found = finish(backend.load_finish, start(backend.load_async, key))
    return found.get_data() if found is not None else None


def store(backend, key, content):
    return finish(backend.store_finish,
                  start(backend.store_async, key, GLib.Bytes.new(content), Memo.TTL_FOREVER, False))


def remove(backend, key, only=None):
    return finish(backend.remove_finish,
                  start(backend.remove_async, key, GLib.Bytes.new(only) if only is not None else None))


def clear(backend):
    return finish(backend.clear_finish, start(backend.clear_async))


def flush(backend):
    return finish(backend.flush_finish, start(backend.flush_async))


def close(backend):
    return finish(backend.close_finish, start(backend.close_async))


def error_of(function, *arguments):
    """Gives the error that a function raises."""
    try:
        function(*arguments)
    except GLib.Error as error:
        return error
    return None


def is_error(error, code):
    return error is not None and error.matches(Memo.Error.quark(), code)


def keeping(backend):
    check(load(backend, 'key') is None, 'at first there is nothing, which is no error')
    check(store(backend, 'key', b'a\0b') and load(backend, 'key') == b'a\0b', 'stored, and found')
    check(store(backend, 'key', b'new') and load(backend, 'key') == b'new', 'replaced')
    check(remove(backend, 'key', b'old') and load(backend, 'key') == b'new', 'not removed: it is another one')
    check(remove(backend, 'key', b'new') and load(backend, 'key') is None, 'removed')
    for i in range(3):
        store(backend, f'key {i}', b'content')
    error = error_of(store, backend, 'key 3', b'content')
    check(is_error(error, Memo.Error.BUSY), f'an error: {error.message}')
    check(clear(backend) and load(backend, 'key 0') is None, 'cleared')
    check(flush(backend), 'flushed, for which the backend has no function')
    check(close(backend) and is_error(error_of(load, backend, 'key'), Memo.Error.CLOSED), 'closed')


def caching():
    # [cache]
    backend = ShelfBackend()
    cache = Memo.AsyncCache(maxsize=1000, backup=backend)
    # [/cache]
    loads = []

    def load_user(call, data):
        loads.append(call.get_key())
        call.return_entry(Memo.Entry.new_string('Ada Almeida'))

    loader = Memo.Loader.new(load_user, None)

    def get(asked):
        results = start(asked.get_async, 'user:1', Memo.GetFlags.NONE, loader)
        return finish(asked.get_finish, results).get_string()

    check(get(cache) == 'Ada Almeida' and loads == ['user:1'], 'loaded, as it is nowhere yet')
    check(finish(cache.flush_finish, start(cache.flush_async)), 'written to the backend')

    # Another one, as after a restart.
    cache = Memo.AsyncCache(maxsize=1000, backup=backend)
    check(get(cache) == 'Ada Almeida' and loads == ['user:1'], 'found by another cache, without a load')
    cache.delete('user:1')
    finish(cache.flush_finish, start(cache.flush_async))
    check(get(Memo.AsyncCache(maxsize=1000, backup=backend)) == 'Ada Almeida' and len(loads) == 2,
          'deleted, and loaded again')


def mistakes():
    backend = WrongBackend()
    error = error_of(load, backend, 'key')
    check(is_error(error, Memo.Error.FAILED), f'an exception is the answer: {error.message}')
    check(is_error(error_of(flush, backend), Memo.Error.ABANDONED), 'a call that is forgotten is an error, too')

    # What left the function is printed; as long as it is remembered, so is the call.
    raised = []
    sys.excepthook = lambda kind, value, traceback: raised.append(kind)
    results = start(backend.clear_async)
    while GLib.MainContext.default().iteration(False):
        pass
    check(raised == [RuntimeError] and not results, 'an exception that nobody caught keeps the caller waiting,')
    sys.excepthook = sys.__excepthook__
    sys.last_type = sys.last_value = sys.last_traceback = None
    check(is_error(error_of(finish, backend.clear_finish, results), Memo.Error.ABANDONED),
          'until Python forgets where it was raised')


def main():
    print('A backend')
    keeping(ShelfBackend())

    print('One that answers later')
    keeping(LateBackend())

    print('One that is made by its URI')
    # [register]
    Gio.IOExtensionPoint.implement(Memo.BACKEND_EXTENSION_POINT_NAME, ShelfBackend.__gtype__, 'shelf', 0)
    backend = Memo.Backend.new_for_uri('shelf:kitchen')
    # [/register]
    check(isinstance(backend, ShelfBackend) and backend.uri == 'shelf:kitchen', 'it knows its URI')
    check('shelf' in Memo.Backend.list_schemes(), 'its scheme is listed')
    keeping(backend)

    print('Behind a cache')
    caching()

    print('One that makes mistakes')
    mistakes()

    sys.exit(1 if failures else 0)


main()
