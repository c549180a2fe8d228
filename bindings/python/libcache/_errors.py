# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can go wrong, as exceptions."""
import asyncio
import errno
import socket

from gi.repository import Gio, GLib, Memo

Error = Memo.Error


class WarmupError(Exception):
    """Some loads of a warm-up failed; the others did not.

    ``failures`` is a dictionary of the keys that failed, and of the exception of each.
    """

    def __init__(self, failures):
        first_key, first = next(iter(failures.items()))
        rest = f', and {len(failures) - 1} more' if len(failures) > 1 else ''
        super().__init__(f'loading {first_key!r} failed: {type(first).__name__}: {first}{rest}')
        self.failures = failures


class AgentLoopDetectedError(Error):
    """An agent would go on with a loop: the call was not executed.

    ``detector`` is what found it: ``'repeat'``, ``'retry-storm'``, ``'oscillation'``, ``'nesting'`` or ``'budget'``.
    ``tool`` is the name of what was called, ``count`` how often, and ``cycle`` the names of the calls in the order in which they
    came again and again. The message says what to do instead: hand it to the model.
    """

    def __init__(self, message, detector, tool, count, cycle):
        super().__init__(message, code=Error.AGENT_LOOP)
        self.detector = detector
        self.tool = tool
        self.count = count
        self.cycle = cycle

    def __str__(self):
        return self.message

    def __reduce__(self):
        return type(self), (self.message, self.detector, self.tool, self.count, self.cycle)


class Raised:
    """An exception on its way through the library, with the traceback that it had when it was raised."""

    __slots__ = ('exception', 'traceback')

    def __init__(self, exception):
        self.exception = exception
        self.traceback = exception.__traceback__


def message_of(exception):
    """What users of the library in other languages are told of an exception."""
    # What they are told ends at a NUL.
    return f'{type(exception).__name__}: {exception}'.replace('\0', '\\0').encode('utf-8', 'replace').decode()


def entry_of(exception):
    """The entry that carries an exception."""
    return Memo.Entry.new(Raised(exception))


def error_of(error, result=None):
    """The exception to raise for an error: that of the loader itself where it raised one."""
    if isinstance(result, Memo.Call):
        entry = result.dup_exception()
        raised = entry.get_value() if entry is not None else None
        if isinstance(raised, Raised):
            # The frames of whoever else raised it are not a part of the story.
            return raised.exception.with_traceback(raised.traceback)
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT):
        return TimeoutError(error.message)
    return Error.of(error)


# What may go well a little later.
_PASSING = (TimeoutError, ConnectionError, BlockingIOError, asyncio.TimeoutError)
_PASSING_NUMBERS = frozenset((errno.EBUSY, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN))


def is_passing(exception):
    """Whether what raised an exception may go well a little later."""
    return (isinstance(exception, _PASSING) or isinstance(exception, socket.gaierror) and exception.errno == socket.EAI_AGAIN or
            isinstance(exception, OSError) and exception.errno in _PASSING_NUMBERS)


def abandoned(what):
    """The error of a load whose task was cancelled by somebody else than those who wait."""
    return GLib.Error.new_literal(Error.quark(), f'{what} was cancelled before it had an answer', Error.ABANDONED)
