# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bridge between an asyncio event loop and GLib.

Each event loop gets a poller: a GLib main context behind one file descriptor, which the loop watches. So the
callbacks of the library run in the loop, whichever kind it is, and nothing runs while there is nothing to do.
"""
import asyncio
import os
import threading
import weakref

from gi.repository import Gio, GLib, Memo

from ._errors import error_of

# An event loop, and the main context in which what is asked in it is answered.  The loop holds the poller, since
# it watches it, and not the other way round: it can go as if there were none.
_contexts: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()

# What a cache that is made outside of any loop does on its own, such as dropping what has expired, is done in whichever
# loop runs.
_home = None
_home_lock = threading.Lock()


def _home_poller():
    global _home
    with _home_lock:
        if _home is None:
            _home = Memo.Poller.new()
        return _home


def _forget_home():
    """After a fork: the descriptors belong to the parent."""
    global _home, _home_lock
    _home = None
    _home_lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_home)


def context_of(loop):
    """The main context of an event loop; call it in the loop's thread."""
    try:
        return _contexts[loop]
    except KeyError:
        pass

    poller = Memo.Poller.new()
    home = _home_poller()
    loop.add_reader(poller.get_fd(), poller.dispatch)
    loop.add_reader(home.get_fd(), home.dispatch)
    context = _contexts[loop] = poller.get_context()
    return context


class within_loop:
    """While a cache is made: has it do on its own what it does in the loop that runs, or in any."""

    def __enter__(self):
        try:
            self._context = context_of(asyncio.get_running_loop())
        except RuntimeError:
            self._context = _home_poller().get_context()
        self._context.push_thread_default()

    def __exit__(self, *_):
        self._context.pop_thread_default()


# To find it in its namespace costs as much as to call it.
_Cancellable = Gio.Cancellable


async def wait(start, finish):
    """Awaits an asynchronous function of the library.

    ``start(cancellable, done)`` starts it and ``finish(result)`` gives what came of it. When the task
    is cancelled, so is the wait, and nothing else.
    """
    loop = asyncio.get_running_loop()
    context = context_of(loop)
    future = loop.create_future()
    cancellable = _Cancellable()

    def done(_source, result, *_data):
        if not future.done():
            future.set_result(result)

    context.push_thread_default()
    try:
        start(cancellable, done)
    finally:
        context.pop_thread_default()
        # What the library holds is not seen by Python's garbage collection. An exception that is raised here has this frame, so
        # nothing may be in here by which the library holds the exception.
        del start, done

    try:
        result = await future
    except BaseException:
        cancellable.cancel()
        raise

    del future
    try:
        return finish(result)
    except GLib.Error as error:
        failure = error_of(error, result)
        del result
    # Not within the handler, whose error would become a part of the exception's story.
    try:
        raise failure
    finally:
        # Its traceback has this frame.
        del failure
