# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sessions of agents, and whose data they see."""
from __future__ import annotations

import contextlib
import contextvars
import threading
import weakref
from typing import Any, Callable, Optional, Union

from gi.repository import GLib, Memo

from ._cache import AsyncCache, _count
from ._errors import AgentLoopDetectedError, Error
from ._loops import within_loop
from ._metrics import AGENT_NAMES, Metrics

_ACTIONS = {
    'raise': Memo.AgentLoopAction.RAISE,
    'warn': Memo.AgentLoopAction.WARN,
    'short-circuit': Memo.AgentLoopAction.SHORT_CIRCUIT,
}
_DETECTIONS = {
    True: Memo.AgentLoopDetection.OUTCOME,
    'outcome': Memo.AgentLoopDetection.OUTCOME,
    'args': Memo.AgentLoopDetection.ARGS,
    False: Memo.AgentLoopDetection.OFF,
}

# The session that the running code is in, and the call of the tool that it is a part of.
_session: contextvars.ContextVar = contextvars.ContextVar('libcache-agent-session', default=None)
_call: contextvars.ContextVar = contextvars.ContextVar('libcache-agent-call', default=None)

# By what the library has of them.
_sessions: weakref.WeakValueDictionary = weakref.WeakValueDictionary()

OnLoop = Union[str, Callable[[AgentLoopDetectedError], Optional[str]]]


class AgentPrincipal:
    """Whose data agents see: a user, a tenant.

    Two principals never see each other's results; each has its own, which live as long as it does. Keep it while its
    results are to be kept. Sessions that are given none share one that has no name.

    ``cache`` is an `AsyncCache`, with the tiers that it may have, in which the results are kept that are for all
    sessions; without one each tool has a cache in memory. ``clock`` is a `Memo.ManualClock` in tests.
    """

    def __init__(self, name: str = '', *, cache: Optional[AsyncCache] = None, clock: Optional[Memo.Clock] = None) -> None:
        if not isinstance(name, str) or '\0' in name:
            raise TypeError(f'the name of a principal is a string without NUL, not {name!r}')
        if cache is not None and not isinstance(cache, AsyncCache):
            raise TypeError(f'cache is an AsyncCache, not {cache!r}')
        self._cache = cache
        properties = {'clock': clock} if clock is not None else {}
        with within_loop():
            self._memo = Memo.AgentCache(principal=name, cache=cache.memo if cache is not None else None, **properties)
        self._lock = threading.Lock()
        # What those that share a name are called in the library, and that name.
        self._numbered: dict[str, str] = {}

    @property
    def memo(self) -> Memo.AgentCache:
        """The `Memo.AgentCache` of it, for what is on the GLib side of a program."""
        return self._memo

    @property
    def name(self) -> str:
        """What it is called in keys."""
        return self._memo.get_principal()

    @property
    def codec(self):
        """By what values become bytes where there are tiers, or None."""
        return self._cache._codec if self._cache is not None else None  # pylint: disable=protected-access

    def __repr__(self):
        return f'<AgentPrincipal {self.name!r}>'

    def add(self, make, name):
        """Add a function that ``make(name)`` makes; where another has the name, it gets a number."""
        with self._lock:
            free, number = name, 1
            while self._memo.lookup(free) is not None:
                if self._cache is not None:
                    raise ValueError(f'{self!r} has a function {name!r} already, and where results are kept in a cache that is '
                                     'given, the name is all that tells them from those of another: give one of the two name=')
                number += 1
                free = f'{name}#{number}'
            function = make(free)
            try:
                with within_loop():
                    self._memo.add(function)
            except GLib.Error as error:
                raise ValueError(error.message.replace(free, name)) from None
            if free != name:
                self._numbered[free] = name
            return function

    def error_of(self, loop):
        """The error for a loop, with the names that the functions were given."""
        message, tool, cycle = loop.get_message(), loop.get_tool(), list(loop.get_cycle())
        # The longest first, as one may begin with another.
        for free in sorted({tool, *cycle} & self._numbered.keys(), key=len, reverse=True):
            message = message.replace(free, self._numbered[free])
        tool, *cycle = (self._numbered.get(name, name) for name in (tool, *cycle))
        return AgentLoopDetectedError(message, loop.get_detector().value_nick, tool, loop.get_count(), cycle)

    def invalidate_resources(self, *resources: str) -> None:
        """Drop the results that read one of the resources: somebody else has changed them.

        Where you change them yourself, use `AgentCacheInvalidator`.
        """
        for resource in resources:
            if not isinstance(resource, str):
                raise TypeError(f'a resource is a string, not {resource!r}')
        self._memo.invalidate_resources(resources)

    def get_metrics(self) -> Metrics:
        """What was counted of all functions: hits, misses, loads, invalidations, loop_detections, hit_rate."""
        return Metrics.of(self._memo.get_metrics(), AGENT_NAMES)


_default = None
_default_lock = threading.Lock()


def default_principal():
    """That of whoever says nothing."""
    global _default
    with _default_lock:
        if _default is None:
            _default = AgentPrincipal()
        return _default


def session_of(call):
    """The session that a function was called in, or None."""
    memo = call.dup_agent_session()
    return _sessions.get(memo) if memo is not None else None


class _Found(threading.local):
    """What the detectors said of the call that this thread is making."""

    error = None


_found = _Found()


@contextlib.contextmanager
def finding():
    """While a call is made: gives a list in which the error will be, if it is found to be part of a loop."""
    before, _found.error = _found.error, []
    try:
        yield _found.error
    finally:
        _found.error = before


def _handler_of(principal, on_loop):
    """What is done when a loop is found; it must not hold the session, which holds it."""
    def found(_session, loop):
        error = principal.error_of(loop)
        if callable(on_loop):
            try:
                loop.set_action(_action_of(on_loop(error) or 'raise'))
            except Exception as failure:  # pylint: disable=broad-except
                # It is raised by the call that was to be made.
                loop.set_action(Memo.AgentLoopAction.RAISE)
                error = failure
        if _found.error is not None:
            _found.error.append(error)
    return found


def _action_of(on_loop):
    try:
        return _ACTIONS[on_loop]
    except (KeyError, TypeError):
        raise ValueError(f'on_loop is {", ".join(map(repr, _ACTIONS))}, or a function that gives one of them, '
                         f'not {on_loop!r}') from None


class AgentCacheSession:
    """One run of one agent: the calls that it makes, the results that are its own, and the loops that it falls into.

    ::

        async with AgentCacheSession('chat 42'):
            await read_file('notes.txt')

    What is called inside, in tasks that are started inside as well, belongs to it. Sessions may be within one another;
    the innermost counts. ``session_id`` is what it is called in messages; two sessions share nothing even if they have the same.

    With ``loop_detection`` loops are looked for; ``'args'`` leaves outcomes out of account. The same read with the same outcome is
    a loop after ``max_tool_repeats`` times in a row, nested calls from the depth ``max_execution_depth`` on. The session makes
    ``max_calls`` calls at most, and ``max_polls`` of one poll with the same outcome. ``on_loop`` is what is done
    then: ``'raise'`` an `AgentLoopDetectedError`; ``'warn'``, once, and go on; ``'short-circuit'``, answer with what is
    remembered, without calling the function; or a function that is given the error and says one of these.

    Who waits for a call when the session ends gets `Error.CLOSED`; what was remembered for it alone is forgotten.
    """

    def __init__(self, session_id: Optional[str] = None, loop_detection: Union[bool, str] = True, max_tool_repeats: int = 5,
                 max_execution_depth: int = 50, on_loop: OnLoop = 'raise', *, max_calls: Optional[int] = None,
                 max_polls: int = 100, principal: Optional[AgentPrincipal] = None) -> None:
        if session_id is not None and not isinstance(session_id, str):
            raise TypeError(f'session_id is a string, not {session_id!r}')
        if principal is not None and not isinstance(principal, AgentPrincipal):
            raise TypeError(f'principal is an AgentPrincipal, not {principal!r}')
        if not isinstance(loop_detection, (bool, str)) or loop_detection not in _DETECTIONS:
            raise ValueError(f"loop_detection is True, False or 'args', not {loop_detection!r}")
        self._principal = principal if principal is not None else default_principal()
        self._memo = Memo.AgentCacheSession(
            agent_cache=self._principal.memo, session_id=session_id, loop_detection=_DETECTIONS[loop_detection],
            on_loop=_ACTIONS['raise'] if callable(on_loop) else _action_of(on_loop),
            max_tool_repeats=_count('max_tool_repeats', max_tool_repeats, 1),
            max_execution_depth=_count('max_execution_depth', max_execution_depth, 1),
            max_calls=_count('max_calls', max_calls, 0, Memo.UNLIMITED), max_polls=_count('max_polls', max_polls, 1))
        self._memo.connect('loop-detected', _handler_of(self._principal, on_loop))
        self._token: Optional[contextvars.Token] = None
        _sessions[self._memo] = self

    @classmethod
    def current(cls) -> Optional[AgentCacheSession]:
        """The session that the running code is in, or None."""
        return _session.get()

    @property
    def memo(self) -> Memo.AgentCacheSession:
        """The `Memo.AgentCacheSession` of it."""
        return self._memo

    @property
    def principal(self) -> AgentPrincipal:
        """Whose data it sees."""
        return self._principal

    @property
    def session_id(self) -> str:
        """What it is called in messages."""
        return self._memo.get_session_id()

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self._memo.is_closed()

    def __repr__(self):
        return f'<AgentCacheSession {self.session_id!r}{", closed" if self.closed else ""}>'

    def mark_progress(self) -> None:
        """Say that the agent gets on: what it called so far is no part of a loop any more."""
        self._memo.mark_progress()

    def get_metrics(self) -> Metrics:
        """What was counted of its calls; what was dropped is counted by tool and in all, and not here."""
        return Metrics.of(self._memo.get_metrics(), AGENT_NAMES)

    def close(self) -> None:
        """End it; once more does nothing. ``async with`` does that."""
        self._memo.close()

    async def __aenter__(self) -> AgentCacheSession:
        if self.closed:
            raise Error(f'the session {self.session_id!r} is closed: open another', code=Error.CLOSED)
        if self._token is not None:
            raise RuntimeError(f'the session {self.session_id!r} was entered before: what is inside of it is in it already')
        self._token = _session.set(self)
        return self

    async def __aexit__(self, *_: Any) -> None:
        try:
            if self._token is not None:
                _session.reset(self._token)
        except ValueError:
            # Ended by another task than the one that began it, which has its own variables.
            pass
        self.close()
