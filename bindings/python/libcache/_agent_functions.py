# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an agent calls: tools, which read and are remembered, and changes, which make such reads wrong."""
from __future__ import annotations

import contextvars
import hashlib
import itertools
import pickle
import sys
import threading
import weakref
from typing import Any, Callable, Iterable, Optional, Union

from gi.repository import GLib, Memo

from . import _errors, _loaders
from ._agent_resources import Arguments
from ._agents import _call, _session, default_principal, finding, session_of
from ._cache import _count
from ._canonical import argument_text
from ._decorators import BoundFunction, Decorator, look_like
from ._functions import call as call_function
from ._invalidators import uninterrupted
from ._keys import CallKeys
from ._loops import wait
from ._metrics import AGENT_NAMES, Metrics
from ._values import DEFAULT, TimeToLive, entry_of, seconds_of, value_of

_SCOPES = {'global': Memo.AgentScope.GLOBAL, 'session': Memo.AgentScope.SESSION}

# Of calls, and of outcomes that are like no other.
_numbers = itertools.count(1)

Resources = Union[str, Iterable[str], None]


class _Calls:
    """The calls of one function that somebody waits for, so that what was called in Python is known when the library
    asks for it.

    One that somebody else shares may be asked for when who made it has gone; then any that is the same will do.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._waiting = {}

    def enter(self, where, number, call):
        with self._lock:
            self._waiting.setdefault(where, {})[number] = call

    def leave(self, where, number):
        with self._lock:
            waiting = self._waiting[where]
            del waiting[number]
            if not waiting:
                del self._waiting[where]

    def find(self, where, number):
        with self._lock:
            waiting = self._waiting.get(where, {})
            return waiting.get(number) or next(iter(waiting.values()), None)


class _Made:
    """A function as one principal has it."""

    __slots__ = ('memo', 'calls')

    def __init__(self, memo, calls):
        self.memo = memo
        self.calls = calls


class AgentFunction:
    """What `AgentCache` and `AgentCacheInvalidator` make of a function: call it as the function itself, and await it."""

    _type: Any = None

    def __init__(self, function, decorator):
        look_like(self, function)
        self._function = function
        self._decorator = decorator
        self._keys = CallKeys(function, decorator.name or getattr(function, '__name__', None), decorator.skip_args)
        self._arguments = Arguments(function, decorator.resources, decorator.volatile_args, decorator.skip_args)
        self._lock = threading.Lock()
        # Those of a principal go with it.
        self._made = weakref.WeakKeyDictionary()
        # What is wrong with the resources is said now.
        self._of(default_principal())

    def __repr__(self):
        return f'<{type(self._decorator).__name__} {self._keys.name}>'

    def __get__(self, instance, owner=None):
        return self if instance is None else BoundFunction(self, instance)

    def get_metrics(self) -> Metrics:
        """What was counted: hits, misses, loads, invalidations, loop_detections, hit_rate.

        Each principal counts for itself: it is the one of the session that the running code is in.
        """
        return Metrics.of(self._of(_principal()).memo.get_metrics(), AGENT_NAMES)

    # --- how it is known to a principal ---

    def _of(self, principal):
        with self._lock:
            made = self._made.get(principal)
            if made is None:
                made = self._made[principal] = self._make(principal)
            return made

    def _make(self, principal):
        calls = _Calls()
        of_session = self._decorator.scope == 'session'
        codec = None if of_session else principal.codec
        # The principal holds the loader for as long as it lives; a function that is not in use any more it does not.
        weak = weakref.ref(self)

        def load(call):
            args = call.get_args()
            where = args.get_child_value(0).get_string(), call.dup_agent_session() if of_session else None
            found, function = calls.find(where, args.get_child_value(2).get_uint64()), weak()
            if found is None or function is None:
                call.return_error(_errors.abandoned('A call that nobody waits for'))
                return
            args, kwargs, context = found
            _loaders.spawn(call, context, _loaders.answer(None, call, (), f'“{function._keys.name}”',
                                                          function._worker(args, kwargs, codec)))

        def make(name):
            memo = self._type(name=name, loader=Memo.Loader.new_with_closure(load))
            memo.set_resources(self._arguments.templates)
            memo.set_scope(_SCOPES[self._decorator.scope])
            # Of what the library is given, the first thing alone tells one call from another.
            memo.set_volatile_args(['1', '2'])
            memo.connect('describe-outcome', _describer_of(self._decorator.describe))
            self._decorator.set_up(memo)
            return memo

        return _Made(principal.add(make, self._keys.name), calls)

    def _worker(self, args, kwargs, codec):
        """What is done when the library asks for an answer."""
        async def work(call):
            # It may run for somebody else than who has begun it.
            _session.set(session_of(call))
            _call.set(call)
            try:
                value = await self._run(args, kwargs)
            except Exception as error:
                if not _errors.is_passing(error):
                    raise
                call.return_passing_exception(_errors.entry_of(error), _errors.message_of(error))
                return
            call.return_entry(entry_of(value, codec=codec))
        return work

    async def _run(self, args, kwargs):
        raise NotImplementedError

    # --- calls ---

    def _variant(self, args, kwargs, number=0):
        """The arguments as the library has them: their text, what is in the places of resources, the number of the call."""
        # First, since it says what is wrong with a call.
        text = self._keys.key(*self._arguments.counting(args, kwargs))[len(self._keys.name):]
        return text, GLib.Variant('(sa{sv}t)', (text, self._arguments.places(args, kwargs), number))

    async def _perform(self, args, kwargs, flags):
        session = _session.get()
        of_session = self._decorator.scope == 'session'
        if session is None and of_session:
            raise _errors.Error(f'“{self._keys.name}” is about one session and was called without one: '
                                'call it inside of “async with AgentCacheSession():”', code=_errors.Error.NO_SESSION)

        made = self._of(_principal())
        number = next(_numbers)
        text, variant = self._variant(args, kwargs, number)
        where = text, session.memo if of_session else None
        found = []

        def start(cancellable, done):
            with finding() as findings:
                if session is not None:
                    session.memo.call_with_closure(made.memo, variant, _call.get(), flags, cancellable, done)
                else:
                    self._start_alone(made.memo, variant, flags, cancellable, done)
            found.extend(findings)

        made.calls.enter(where, number, (args, kwargs, contextvars.copy_context()))
        try:
            entry = await wait(start, (session or made).memo.call_finish)
            return value_of(entry) if entry is not None else None
        except _errors.Error as error:
            # Of another call that was made for this one it is another exception already.
            if not found or type(error) is not _errors.Error or error.code != _errors.Error.AGENT_LOOP:
                raise
        finally:
            made.calls.leave(where, number)
        raise found.pop()

    def _start_alone(self, memo, variant, flags, cancellable, done):
        raise NotImplementedError


class AgentToolFunction(AgentFunction):
    """What `AgentCache` makes of a function."""

    _type = Memo.AgentTool

    async def __call__(self, /, *args: Any, use_cache: bool = True, **kwargs: Any) -> Any:
        return await self._perform(args, kwargs, Memo.GetFlags.NONE if use_cache else Memo.GetFlags.REFRESH)

    async def _run(self, args, kwargs):
        return await call_function(self._function, *args, **kwargs)

    def _start_alone(self, memo, variant, flags, cancellable, done):
        memo.call_with_closure(None, variant, flags, cancellable, done)

    def invalidate_cache(self, /, *args: Any, **kwargs: Any) -> None:
        """Forget the result of one call; of the scope of a session, those of all sessions. Give the arguments of the call."""
        self._of(_principal()).memo.invalidate(self._variant(args, kwargs)[1])

    def clear_cache(self) -> None:
        """Forget all results of this function."""
        self._of(_principal()).memo.clear()

    def __del__(self):
        # A principal knows its functions for as long as it lives; what they answered nobody can ask for any more.
        if sys.is_finalizing():
            return
        for principal, made in list(getattr(self, '_made', {}).items()):
            # What is in a cache that was given may be found again, by the next process.
            if self._decorator.scope == 'session' or principal.memo.get_cache() is None:
                made.memo.clear()


class AgentChangeFunction(AgentFunction):
    """What `AgentCacheInvalidator` makes of a function."""

    _type = Memo.AgentCacheInvalidator

    async def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return await self._perform(args, kwargs, Memo.GetFlags.NONE)

    async def _run(self, args, kwargs):
        return await uninterrupted(self._function, args, kwargs)

    def _start_alone(self, memo, variant, _flags, cancellable, done):
        memo.call_with_closure(None, variant, cancellable, done)


def _principal():
    session = _session.get()
    return session.principal if session is not None else default_principal()


def _describer_of(describe):
    """By what outcomes are compared: what they hold, and not which object it is."""
    def text_of(value):
        if describe is not None:
            return str(describe(value)).encode('utf-8', 'surrogatepass')
        try:
            return argument_text(value).encode('utf-8', 'surrogatepass')
        except Exception:  # pylint: disable=broad-except
            pass
        try:
            return pickle.dumps(value)
        except Exception:  # pylint: disable=broad-except
            # Nobody can say, so it is no reason to stop anybody.
            return str(next(_numbers)).encode()

    def describe_outcome(_function, entry):
        return hashlib.blake2b(text_of(value_of(entry)), digest_size=16).hexdigest()

    return describe_outcome


def add_resources(*resources: str) -> None:
    """Say what more the running tool reads, when that is not known before: a search adds the files that it looks into.

    They stand for themselves and are no templates. Call it before they are read: a change of one of them that comes
    later then makes sure that the result is not kept.
    """
    call = _call.get()
    if call is None or call.get_key() is None:
        raise RuntimeError('add_resources() is for a function that AgentCache decorates, while it runs')
    for resource in resources:
        if not isinstance(resource, str):
            raise TypeError(f'a resource is a string, not {resource!r}')
    call.add_resources(resources)


class _AgentDecorator(Decorator):
    _makes: Any = AgentFunction

    def __init__(self, resource, scope, volatile_args, name, skip_args, describe):
        if scope not in _SCOPES:
            raise ValueError(f"scope is 'global' or 'session', not {scope!r}")
        if describe is not None and not callable(describe):
            raise TypeError(f'describe is a function of a value, not {describe!r}')
        self.resources = _list_of(resource)
        self.scope = scope
        self.volatile_args = _list_of(volatile_args)
        self.name = name
        self.skip_args = skip_args
        self.describe = describe

    def __call__(self, function: Callable[..., Any]) -> Any:
        if not callable(function):
            raise TypeError(f'{type(self).__name__} decorates a function, not {function!r}')
        return self._makes(function, self)

    def set_up(self, memo):
        """What else a function in the library is told."""


def _list_of(value):
    if value is None:
        return []
    return [value] if isinstance(value, (str, int)) else list(value)


class AgentCache(_AgentDecorator):
    """Make a function a tool of agents: its results are remembered until what it reads is changed.

    ::

        @AgentCache(resource='file:{path}')
        async def read_file(path): ...

    ``resource`` is what it reads: a text with arguments in it, by their names or positions, or several.
    `AgentCacheInvalidator` says what is changed. Of the ``scope`` ``'global'`` a result is for all sessions of a
    principal; of ``'session'``, for the one that it was called in. ``ttl`` is how many seconds it lives, None is for
    ever; ``maxsize`` is how many results are kept, None is any number.

    With ``poll`` the function is meant to be called until something happens, such as a job's status; it is not
    remembered unless it has a ``ttl``. With ``repeatable`` the same call does something else each time, such as a pager's next. ``volatile_args``
    are the names of arguments that do not tell one call from another, such as a request's number.

    ``name`` is what the agent knows it by, ``version`` a part of the key. ``skip_args`` of the first arguments do not
    count, such as ``self``. ``describe``, called with a value, says by what text outcomes are compared when loops are looked for.

    ``use_cache=False`` in a call has the function called in any case. The decorated function has ``invalidate_cache(...)``,
    which forgets the result of one call, ``clear_cache()`` and ``get_metrics()``.
    """

    _makes = AgentToolFunction

    def __init__(self, resource: Resources = None, scope: str = 'global', ttl: TimeToLive = DEFAULT,
                 maxsize: Optional[int] = 128, *, poll: bool = False, repeatable: bool = False,
                 volatile_args: Iterable[Union[str, int]] = (), name: Optional[str] = None, version: Optional[str] = None,
                 skip_args: int = 0, describe: Optional[Callable[[Any], str]] = None) -> None:
        super().__init__(resource, scope, volatile_args, name, skip_args, describe)
        self._ttl = seconds_of(ttl)
        self._maxsize = _count('maxsize', maxsize, 0, Memo.UNLIMITED)
        self._poll = bool(poll)
        self._repeatable = bool(repeatable)
        if version is not None and not isinstance(version, str):
            raise TypeError(f'version is a string, not {version!r}')
        self._version = version

    def set_up(self, memo):
        memo.set_ttl(self._ttl)
        memo.set_maxsize(self._maxsize)
        memo.set_poll(self._poll)
        memo.set_repeatable(self._repeatable)
        memo.set_version(self._version)


class AgentCacheInvalidator(_AgentDecorator):
    """Make a function a change that agents make: results that read what it changes are dropped.

    ::

        @AgentCacheInvalidator(resource='file:{path}')
        async def write_file(path, text): ...

    ``resource`` is what it changes. Of the ``scope`` ``'global'`` it reaches the results that are for all and those of
    every session; of ``'session'``, those of the session that it is called in. They are dropped before the function is called and again
    when it is over, and what is read in between is not kept. What the change gives is never remembered.

    All else is as for `AgentCache`.
    """

    _makes = AgentChangeFunction

    def __init__(self, resource: Resources = None, scope: str = 'global', *, volatile_args: Iterable[Union[str, int]] = (),
                 name: Optional[str] = None, skip_args: int = 0, describe: Optional[Callable[[Any], str]] = None) -> None:
        super().__init__(resource, scope, volatile_args, name, skip_args, describe)
