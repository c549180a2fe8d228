# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a function of the user is called: in the event loop where it is asynchronous, in a thread where it is not."""
import asyncio
import functools
import inspect
import weakref

# Code that turned out to give an awaitable, though it is no `async def`: it does not block, and needs no thread.
_gives_awaitables: weakref.WeakSet = weakref.WeakSet()

# What a function says in a thread that makes a task or a future of the running loop.
_NEEDS_THE_LOOP = ('no running event loop', 'There is no current event loop')


def _is_coroutine_function(function):
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, '__call__', None))


def _code_of(function):
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(function, '__code__', None)
    return code if code is not None else getattr(getattr(function, '__call__', None), '__code__', None)


async def _call_in_thread(function, *args, **kwargs):
    """Call a function in a thread; a coroutine that it gives too late, when nobody waits any more, is closed."""
    results = []
    is_over = False

    def close():
        # Here or in the thread: each of the two looks after it has said that it is done.
        try:
            result = results.pop()
        except IndexError:
            return
        if inspect.iscoroutine(result):
            result.close()

    def run():
        results.append(function(*args, **kwargs))
        if is_over:
            close()

    try:
        await asyncio.to_thread(run)
        return results.pop()
    except asyncio.CancelledError:
        is_over = True
        close()
        raise


async def call(function, *args, **kwargs):
    """Call a function that is asynchronous, gives an awaitable, or neither, and await what comes of it.

    One that is not `async def` may block, so it is called in a thread; where it then gives an awaitable that is awaited
    here, and the next time the function is called here, too.
    """
    if _is_coroutine_function(function):
        return await function(*args, **kwargs)

    code = _code_of(function)
    if code is not None and code in _gives_awaitables:
        result = function(*args, **kwargs)
        if inspect.isawaitable(result):
            return await result
        _gives_awaitables.discard(code)
        return result

    try:
        result = await _call_in_thread(function, *args, **kwargs)
    except RuntimeError as error:
        if not str(error).startswith(_NEEDS_THE_LOOP):
            raise
        result = function(*args, **kwargs)

    if inspect.isawaitable(result):
        if code is not None:
            _gives_awaitables.add(code)
        return await result
    return result
