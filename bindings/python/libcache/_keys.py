# SPDX-License-Identifier: LGPL-2.1-or-later
"""The keys under which a cache keeps things: those of calls, and any others.

docs/keys.md says what may be relied on.
"""
import inspect
import itertools
from typing import Any

from ._canonical import INT64_MAX, INT64_MIN, argument_text

# Begins each key that was not a string; a string that begins with it is written as such a key.
ESCAPE = '\x10'

_NO_DEFAULT = inspect.Parameter.empty

# Defaults of these types are the same at each call.
_CONSTANT = frozenset((type(None), bool, int, float, str, bytes))

# Of how many kinds of calls a function remembers how their keys are made.
_MOST_PLANS = 64

# How many keys of calls with one argument are remembered, of each type, and how long they are at most.
_MOST_RECENT = 2048
_LONGEST_RECENT = 200

# In place of a default of which no key can be made, such as an object() that means "not given".
_DEFAULT = 'v <py:default>'


def cache_key(key: Any) -> str:
    """The string under which the cache keeps ``key``.

    A string is its own, so that programs in other languages find it.  Every other key is
    ``'\\x10'`` and its text as an argument, which no string has: 1, ``True``, 1.0 and ``'1'`` are
    four keys, and so are ``[1]`` and ``(1,)``.  The errors are those of arguments.
    """
    if type(key) is str:
        if key.isprintable() or _is_plain(key):
            return key
    return ESCAPE + _text(key)


def _is_plain(key):
    """Whether a string can be handed to C as it is."""
    if key.startswith(ESCAPE) or '\0' in key:
        return False
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _keyword_text(name, text):
    return f'{name if name.isidentifier() else argument_text(name)}={text}'


def _text(value):
    """The same as argument_text(), quick where a value is what most are."""
    cls = type(value)
    if cls is str:
        if value.isprintable() and '"' not in value and '\\' not in value:
            return f's "{value}"'
    elif cls is int:
        if INT64_MIN <= value <= INT64_MAX:
            return f'x {value}'
    elif cls is float:
        return f'd {value:.17g}'
    elif value is None:
        return 'mv nothing'
    elif cls is bool:
        return 'b true' if value else 'b false'
    return argument_text(value)


def _text_or_default(value, default):
    try:
        return _text(value)
    except TypeError:
        if value is default:
            return _DEFAULT
        raise


class _Place:
    """Where an argument is in a call: a number or a name."""

    __slots__ = ('where',)

    def __init__(self, where):
        self.where = where


def _signature_of(function):
    try:
        return inspect.signature(function)
    except ValueError:
        # Some that are written in C do not tell.
        return inspect.signature(lambda *args, **kwargs: None)


class CallKeys:
    """How the calls of one function become keys.

    ``key(args, kwargs)`` is the key of ``function(*args, **kwargs)``.  What can be found out
    beforehand about the function's parameters is, since this is a part of every hit.

    ``name`` stands before the arguments; without it, it is the function's own with that of its
    module. ``skip_args`` of its first arguments do not count, however they are given.
    """

    def __init__(self, function, name=None, skip_args=0):
        if name is None:
            name = f'{function.__module__}.{function.__qualname__}'
        if not isinstance(name, str) or not name or '(' in name or ')' in name:
            raise ValueError(f'the name of a function is a string without parentheses, which {name!r} is not: '
                             f'give it another one with name=')
        if isinstance(skip_args, bool) or not isinstance(skip_args, int) or skip_args < 0:
            raise ValueError(f'skip_args is how many of the first arguments do not count, so 0 or more, not {skip_args!r}')

        self.name = name
        self.skip_args = skip_args
        self._head = name + '('
        self._signature = _signature_of(function)

        parameters = self._signature.parameters.values()
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        # What is given by position alone may also be the name of something else, so it has none here.
        self._names = [p.name if p.kind is p.POSITIONAL_OR_KEYWORD else None for p in positional]
        self._defaults = [p.default for p in positional]
        self._by_keyword = sorted((p.name, p.default) for p in parameters if p.kind is p.KEYWORD_ONLY)
        self._has_varargs = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self._has_keywords = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self._plans = {}
        self.key = self._make_key()

    @property
    def n_args(self):
        """How many arguments are in a key, or None when that is any number."""
        if self._has_varargs or self._has_keywords:
            return None
        return max(len(self._names) - self.skip_args, 0) + len(self._by_keyword)

    def _make_key(self):
        head, skip, varied, tails = self._head, self.skip_args, self._key_of_any_call, self._make_tails()
        one = skip + 1 if skip + 1 in tails else None
        # Of calls with one argument, which most are, and are again and again.  The types are kept apart, since 1 == 1.0.
        recent = {int: {}, str: {}}
        recent_of = recent.get

        def remember(known, value):
            text = f'{head}{_text(value)}{tails[one]}'
            if len(text) <= _LONGEST_RECENT:
                if len(known) == _MOST_RECENT:
                    known.clear()
                known[value] = text
            return text

        def key(args, kwargs):
            """The key of a call with these arguments, a tuple and a dictionary.

            Raises `TypeError` when the function cannot be called with them, and what
            `argument_text()` raises.
            """
            n_args = len(args)
            if n_args == one and not kwargs:
                value = args[skip]
                known = recent_of(type(value))
                if known is not None:
                    text = known.get(value)
                    return text if text is not None else remember(known, value)

            tail = None if kwargs else tails.get(n_args)
            if tail is None:
                return varied(args, kwargs)
            try:
                return f'{head}{", ".join(map(_text, args[skip:]))}{tail}'
            except TypeError:
                return varied(args, kwargs)

        return key

    def _make_tails(self):
        """What is after the arguments in the key of a call, by how many are given and none by its name."""
        tails = {}
        for n_given in range(self.skip_args, len(self._names) + 1):
            left = self._defaults[n_given:] + [default for _, default in self._by_keyword]
            # A list, say, may be another at the next call; a parameter without default has a class here.
            if all(type(default) in _CONSTANT for default in left):
                texts = [_text(default) for default in self._defaults[n_given:]]
                texts += [_keyword_text(name, _text(default)) for name, default in self._by_keyword]
                separator = ', ' if texts and n_given > self.skip_args else ''
                tails[n_given] = f'{separator}{", ".join(texts)})'
        return tails

    def _key_of_any_call(self, args, kwargs):
        # The same for all calls with as many arguments and these names, of which there are seldom more than a few.
        shape = len(args), *kwargs
        plan = self._plans.get(shape)
        if not plan:
            key = self._key_by_binding(args, kwargs)
            if plan is None and not self._has_keywords and len(self._plans) < _MOST_PLANS:
                self._plans[shape] = self._make_plan(*shape)
            return key

        pieces, end = plan
        try:
            return ''.join([f'{before}{_text(args[where] if type(where) is int else kwargs[where])}'
                            for before, where in pieces]) + end
        except TypeError:
            return self._key_by_binding(args, kwargs)

    def _make_plan(self, n_args, *names):
        """What stands before each argument that counts, and where in a call it is; then what is at the end.

        Empty when there is no such plan.
        """
        values, keywords = self._bind([_Place(i) for i in range(n_args)], {name: _Place(name) for name in names})
        arguments = [('', value) for value in values[self.skip_args:]]
        arguments += [(_keyword_text(name, ''), keywords[name]) for name in sorted(keywords)]

        pieces, text = [], self._head
        for i, (name, value) in enumerate(arguments):
            text += f'{", " if i else ""}{name}'
            if type(value) is _Place:
                pieces.append((text, value.where))
                text = ''
            elif type(value) in _CONSTANT:
                text += _text(value)
            else:
                # A default that may be another at the next call.
                return ()
        return pieces, f'{text})'

    def _key_by_binding(self, args, kwargs):
        values, keywords = self._bind(args, kwargs)
        defaults = itertools.chain(self._defaults, itertools.repeat(_NO_DEFAULT))
        texts = [_text_or_default(value, default)
                 for value, default in itertools.islice(zip(values, defaults), self.skip_args, None)]
        by_keyword = dict(self._by_keyword)
        texts += [_keyword_text(name, _text_or_default(keywords[name], by_keyword.get(name, _NO_DEFAULT)))
                  for name in sorted(keywords)]
        return f'{self._head}{", ".join(texts)})'

    def _bind(self, args, kwargs):
        """The values by position, with the defaults of those left out, and those by keyword."""
        values, keywords, left = list(args), {}, dict(kwargs)
        for name, default in zip(self._names[len(args):], self._defaults[len(args):]):
            values.append(left.pop(name, default))
        for name, default in self._by_keyword:
            keywords[name] = left.pop(name, default)

        is_refused = (len(values) > len(self._names) and not self._has_varargs or
                      left and not (self._has_keywords and left.keys().isdisjoint(self._names)) or
                      any(value is _NO_DEFAULT for value in itertools.chain(values, keywords.values())))
        if is_refused:
            self._raise_refusal(args, kwargs)

        keywords.update(left)
        return values, keywords

    def _raise_refusal(self, args, kwargs):
        """Say what Python says about such a call."""
        try:
            self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f'{self.name}(): {error}') from None
        raise TypeError(f'{self.name}(): inspect.Parameter.empty is no argument')
