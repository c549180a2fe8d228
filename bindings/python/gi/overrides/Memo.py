# SPDX-License-Identifier: LGPL-2.1-or-later
"""What makes ``from gi.repository import Memo`` pleasant.

Errors of the library are `Memo.Error`. The value of an entry is its ``value``. A function whose name
ends with ``_async`` can be awaited where no callback is given to it.

Programs that need no more than Python have an easier life with the package ``libcache``.
"""
import functools

from gi.repository import GLib

from gi.module import get_introspection_module

Memo = get_introspection_module('Memo')

__all__ = []

_codes = Memo.Error


class Error(GLib.Error):
    """An error of the library; ``code`` is one of the constants."""

    @staticmethod
    def quark():
        """The error domain."""
        return Memo.error_quark()

    @classmethod
    def of(cls, error):
        """The error itself, or a `Memo.Error` in its place where it is of this domain."""
        if error.domain == GLib.quark_to_string(cls.quark()) and not isinstance(error, cls):
            return cls(error.message, error.domain, error.code)
        return error

    def __init__(self, message='unknown error', domain=None, code=0):
        super().__init__(message, domain or GLib.quark_to_string(self.quark()), int(code))


for _name in dir(_codes):
    if _name.isupper():
        setattr(Error, _name, getattr(_codes, _name))
__all__.append('Error')


def _raising(function):
    """The function, with errors of the library as `Memo.Error`."""
    @functools.wraps(function)
    def call(*args):
        try:
            return function(*args)
        except GLib.Error as error:
            failure = Error.of(error)
            if failure is error:
                raise
        raise failure
    return call


def _awaitable(start, finish_name, names):
    """The function NAME_async: without a callback it gives what can be awaited."""
    # Those before the callback.
    names = names[:names.index('callback')]

    @functools.wraps(start)
    def call(self, *args):
        if len(args) > len(names):
            return start(self, *args)

        from libcache._loops import wait

        # What is left out at the end may be None.
        given = dict(zip(names, args + (None,) * (len(names) - len(args))))

        def begin(cancellable, done):
            if 'cancellable' in given and given['cancellable'] is None:
                given['cancellable'] = cancellable
            start(self, *given.values(), done)

        return wait(begin, getattr(self, finish_name))
    return call


def _improve(owner):
    for name, function in list(vars(owner).items()):
        if not callable(getattr(function, 'get_arguments', None)):
            continue
        if function.can_throw_gerror():
            raising = _raising(getattr(owner, name))
            setattr(owner, name, raising if function.is_method() else staticmethod(raising))
        elif name.endswith('_async'):
            names = [argument.get_name() for argument in function.get_arguments()]
            setattr(owner, name, _awaitable(function, f'{name[:-6]}_finish', names))


for _owner in (Memo.AgentCache, Memo.AgentCacheSession, Memo.Backend, Memo.Cache, Memo.Codec, Memo.Decorator, Memo.Invalidator,
               Memo.Mutation, Memo.Poller):
    _improve(_owner)


def _value(entry):
    """The value, as Python has it: a variant, bytes or an array of strings as what they hold."""
    from libcache._values import value_of

    return value_of(entry)


Memo.Entry.value = property(_value)
