# SPDX-License-Identifier: LGPL-2.1-or-later
"""The text of a Python value: the same for equal values of the same type, and never for others.

A value that a GVariant can have is written as the library writes it in C; every other one
as ``<py:CLASS TYPE VALUE>``, which is no variant's text.  docs/keys.md has the grammar.
"""
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import sys
import types
import uuid
import zoneinfo
from typing import Any, Callable, Type, TypeVar

_T = TypeVar('_T')

INT64_MIN, INT64_MAX, UINT64_MAX = -2 ** 63, 2 ** 63 - 1, 2 ** 64 - 1

_ESCAPES = str.maketrans({
    '"': '\\"', '\\': '\\\\', '\x7f': '\\x7f',
    **{chr(code): f'\\x{code:02x}' for code in range(0x20)},
    # No text in UTF-8 has these, so C needs no way to write them.
    **{chr(code): f'\\u{code:04x}' for code in range(0xd800, 0xe000)},
})

# A GVariant dictionary has keys of one of these types.
_BASIC_TYPES = frozenset('bxtds')

_ADVICE = ('Give its class a method __cache_key__() that returns what tells its objects apart, name such a '
           'function with libcache.register_key(), pass a plain value in its place, or leave the argument '
           'out of the key with skip_args')


# --- values that C has as well: each gives the type string of a GVariant, and the value's text ---

def _none(_value, _path):
    return 'mv', 'nothing'


def _bool(value, _path):
    return 'b', 'true' if value else 'false'


def _int(value, path):
    if INT64_MIN <= value <= INT64_MAX:
        return 'x', int.__repr__(value)
    if 0 < value <= UINT64_MAX:
        return 't', int.__repr__(value)
    # In hexadecimal, since Python refuses to write very long numbers in decimal.
    return _tagged('int', hex(value), path)


def _float(value, _path):
    return 'd', '%.17g' % value


def _str(value, _path):
    return 's', f'"{value.translate(_ESCAPES)}"'


def _bytes(value, _path):
    return 'ay', f'[{",".join(map(str, value))}]'


def _list(value, path):
    return _array([_typed(item, path) for item in value])


def _tuple(value, path):
    items = [_typed(item, path) for item in value]
    return f'({"".join(kind for kind, _ in items)})', f'({",".join(text for _, text in items)})'


def _dict(value, path):
    keys = [_typed(key, path) for key in value]
    items = [_typed(item, path) for item in value.values()]
    kind = _common(keys)
    if kind not in _BASIC_TYPES and keys:
        texts = sorted(f'{_boxed(key)}:{_boxed(item)}' for key, item in zip(keys, items))
        return 'v', f'<py:dict {{{",".join(texts)}}}>'
    common = _common(items)
    texts = sorted(f'{key[1]}:{item[1] if common != "v" else _boxed(item)}' for key, item in zip(keys, items))
    return f'a{{{kind if keys else "s"}{common}}}', f'{{{",".join(texts)}}}'


def _common(items):
    """The type that all have, or that of a variant."""
    kinds = {kind for kind, _ in items}
    return kinds.pop() if len(kinds) == 1 else 'v'


def _array(items):
    common = _common(items)
    if common == 'v':
        return 'av', f'[{",".join(map(_boxed, items))}]'
    return 'a' + common, f'[{",".join(text for _, text in items)}]'


def _boxed(item):
    """The text where any type may stand.  What has the type of a variant is in brackets already."""
    return item[1] if item[0] == 'v' else f'<{item[0]} {item[1]}>'


# --- values that only Python has: the name of the class, and what the object consists of ---

def _tagged(name, content, path):
    kind, text = _typed(content, path)
    return 'v', f'<py:{name} {kind} {text}>'


def _set(value, path):
    texts = sorted(_boxed(_typed(item, path)) for item in value)
    return 'v', f'<py:{_name_of(type(value))} av [{",".join(texts)}]>'


def _of_decimal(value):
    """Decimal ('1.0') equals Decimal ('1.00'), but 0 and -0 are kept apart as those of float are."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return str(value)
    text = ''.join(map(str, digits)).lstrip('0')
    shortest = text.rstrip('0')
    return f'{"-" if sign else ""}{shortest}e{exponent + len(text) - len(shortest) if shortest else 0}'


def _of_time(value):
    return f'{value.isoformat()}{" fold" if value.fold else ""}'


def _of_range(value):
    """Two ranges of the same numbers are equal."""
    return (len(value), *([value[0]] if value else []), *([value.step] if len(value) > 1 else []))


def _of_enum(value):
    # Members of a flag that are combined have no name of their own.
    return value.value if isinstance(value, enum.Flag) or value._name_ is None else value._name_


def _of_data_class(value):
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.compare}


def _of_zone(value):
    if value.key is None:
        raise TypeError(f'no key can be made of {value!r}, since it has no name. Make it with '
                        f'zoneinfo.ZoneInfo(), or with from_file() and its argument key')
    return value.key


def _of_global(value):
    """Classes and functions, by the name under which others find them."""
    name = f'{value.__module__}.{value.__qualname__}'
    if not _is_found(value, value.__module__, value.__qualname__):
        raise TypeError(f'no key can be made of {value!r}, since it is not what others find under the name '
                        f'{name}. Define it at the top of its module, or leave the argument out of the key '
                        f'with skip_args')
    return name


# What an object of a class consists of.  Those of a derived class differ by the name of theirs.
_CONTENTS = {
    int: int.__index__, float: float.__float__, complex: lambda value: (value.real, value.imag),
    str: str.__str__, bytes: bytes, bytearray: bytes, tuple: tuple, list: list, dict: dict, set: set,
    frozenset: frozenset, range: _of_range, slice: lambda value: (value.start, value.stop, value.step),
    type(Ellipsis): lambda _value: (), types.MappingProxyType: dict,
    types.FunctionType: _of_global, types.BuiltinFunctionType: _of_global,
    collections.OrderedDict: lambda value: list(value.items()), collections.deque: list,
    datetime.date: datetime.date.isoformat, datetime.datetime: _of_time, datetime.time: _of_time,
    datetime.timedelta: lambda value: (value.days, value.seconds, value.microseconds),
    datetime.timezone: lambda value: (value.utcoffset(None), value.tzname(None)), zoneinfo.ZoneInfo: _of_zone,
    decimal.Decimal: _of_decimal, fractions.Fraction: lambda value: (value.numerator, value.denominator),
    ipaddress.IPv4Address: str, ipaddress.IPv4Network: str, ipaddress.IPv4Interface: str,
    ipaddress.IPv6Address: str, ipaddress.IPv6Network: str, ipaddress.IPv6Interface: str,
    pathlib.PurePath: str, re.Pattern: lambda value: (value.pattern, value.flags), uuid.UUID: str,
}

# The same, as programs have said it.
_registered = {}

_EXACT = {
    type(None): _none, bool: _bool, int: _int, float: _float, str: _str, bytes: _bytes,
}
_CONTAINERS = {
    list: _list, tuple: _tuple, dict: _dict, set: _set, frozenset: _set,
}


def register_key(cls: Type[_T], function: Callable[[_T], Any]) -> None:
    """Say what tells the objects of a class apart, where the class cannot have a ``__cache_key__()``.

    ``function`` takes an object of the class, or of one derived from it, and returns a value of
    which keys can be made.  Two objects of one class are the same argument when their values are.

    What is in a cache stays under the key that it has, so register a class right after its import.
    """
    if not isinstance(cls, type) or not callable(function):
        raise TypeError('register_key() takes a class, and a function of an object of that class')
    if cls in _EXACT or cls in _CONTAINERS:
        raise TypeError(f'the keys of {cls.__qualname__} are fixed. Derive a class from it, and register that')
    _registered[cls] = function


def _is_found(value, module, qualname):
    found = sys.modules.get(module)
    for part in qualname.split('.'):
        found = getattr(found, part, None)
    return found is value


def _name_of(cls):
    """The name of a class in keys.  Two classes must not have the same, so the name has to lead to it."""
    module, qualname = cls.__module__, cls.__qualname__
    if module == 'builtins':
        return qualname
    if not _is_found(cls, module, qualname):
        raise TypeError(f'no key can be made of an object of the class {module}.{qualname}, since that name '
                        f'does not lead to this class: another may have it as well. Define the class at the '
                        f'top of its module, or leave the argument out of the key with skip_args')
    return f'{module}.{qualname}'


def _adds_state(value, base):
    """Whether there is more to an object than what it has from the class that its own is derived from."""
    cls = type(value)
    return cls is not base and (bool(getattr(value, '__dict__', None)) or
                                any(vars(derived).get('__slots__') for derived in cls.__mro__[:cls.__mro__.index(base)]))


def _contents_of(value):
    """What an object of a class that has no text of its own consists of."""
    cls = type(value)
    if hasattr(cls, '__cache_key__'):
        return cls.__cache_key__(value)
    for base in cls.__mro__:
        if base in _registered:
            return _registered[base](value)
    if isinstance(value, type):
        return _of_global(value)
    if isinstance(value, enum.Enum):
        return _of_enum(value)
    if dataclasses.is_dataclass(cls) and cls.__dataclass_params__.eq:
        return _of_data_class(value)
    for base in cls.__mro__:
        if base in _CONTENTS and not _adds_state(value, base):
            return _CONTENTS[base](value)
    raise TypeError(f'no key can be made of an object of the class {cls.__module__}.{cls.__qualname__}, since '
                    f'nothing says which of its objects are equal. {_ADVICE}')


def _typed(value, path):
    cls = type(value)
    write = _EXACT.get(cls)
    if write is not None:
        return write(value, path)

    # Only what is on the way from the argument to here can be a cycle; the same list twice is none.
    mark = id(value)
    if mark in path:
        raise ValueError(f'no key can be made of a {cls.__qualname__} that contains itself')
    path.add(mark)
    try:
        write = _CONTAINERS.get(cls)
        if write is not None:
            return write(value, path)
        return _tagged(_name_of(cls), _contents_of(value), path)
    finally:
        path.discard(mark)


def argument_text(value):
    """The text of an argument, which begins with its type.

    Raises `TypeError` for a value of which nothing says what it is equal to, and
    `ValueError` for one that contains itself or is nested too deeply.
    """
    try:
        kind, text = _typed(value, set())
    except RecursionError:
        raise ValueError(f'no key can be made of a {type(value).__qualname__} that is nested so deeply') from None
    return f'{kind} {text}'
