# SPDX-License-Identifier: LGPL-2.1-or-later
"""Values and times to live, between Python and the library."""
from __future__ import annotations

import datetime
import enum
import math
from typing import Any, Awaitable, Callable, Iterable, Mapping, Sequence, Union

from gi.repository import GLib, Memo

from ._plain import plain_of


class Default(enum.Enum):
    """The time to live that says nothing: the cache's own counts."""

    DEFAULT = 'DEFAULT'

    def __repr__(self):
        return 'DEFAULT'


DEFAULT = Default.DEFAULT


class Miss(enum.Enum):
    """What a loader answers when there is no value: nothing is kept, and who waits gets a miss."""

    MISS = 'MISS'

    def __repr__(self):
        return 'MISS'


MISS = Miss.MISS


# What the public functions take.
Loader = Callable[[], Union[Awaitable[Any], Any]]
BatchLoader = Callable[[list], Union[Awaitable[Union[Mapping[Any, Any], Sequence[Any]]], Mapping[Any, Any], Sequence[Any]]]
TimeToLive = Union[Default, None, float, datetime.timedelta]
Seconds = Union[None, float, datetime.timedelta]
Tags = Union[str, Iterable[str]]


class Kept:
    """What an entry holds: a Python object, and for a moment the bytes that are to go to a tier."""

    __slots__ = ('value', 'data')

    def __init__(self, value, data=None):
        self.value = value
        self.data = data


# To find them in their namespace costs as much as to call them.
_get_value = Memo.Entry.get_value
_new_entry = Memo.Entry.new
_TTL_DEFAULT = Memo.TTL_DEFAULT
_TTL_FOREVER = Memo.TTL_FOREVER


def value_of(entry):
    """The value of an entry, whoever made it."""
    value = _get_value(entry)
    if type(value) is Kept:
        return value.value
    if isinstance(value, GLib.Variant):
        return plain_of(value)
    if isinstance(value, GLib.Bytes):
        return value.get_data()
    return value


def seconds_of(ttl):
    """A time to live in seconds, as the library wants it."""
    if ttl is DEFAULT:
        return _TTL_DEFAULT
    if ttl is None:
        return _TTL_FOREVER
    return duration_of(ttl, 'a time to live', 'for ever')


def duration_of(time, what, none):
    """A number of seconds; WHAT and NONE are for who gives something else."""
    if isinstance(time, datetime.timedelta):
        time = time.total_seconds()
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        raise TypeError(f'{what} is a number of seconds, a timedelta, or None {none}, not {time!r}')
    if math.isnan(time) or time < 0:
        raise ValueError(f'{what} is 0 seconds or more, not {time!r}')
    return float(time)


def tags_of(tags):
    """A list of tags; one may be given as a string."""
    tags = [tags] if isinstance(tags, str) else list(tags)
    for tag in tags:
        if not isinstance(tag, str) or '\0' in tag:
            raise TypeError(f'a tag is a string without NUL, not {tag!r}')
    return tags


def entry_of(value, ttl=_TTL_DEFAULT, tags=(), codec=None):
    """An entry that holds a value, or None for MISS. With a codec, it is one that a tier can keep, or a TypeError."""
    if value is MISS:
        return None
    entry = _new_entry(Kept(value, codec.dump(value) if codec is not None else None))
    if ttl != _TTL_DEFAULT:
        entry.set_ttl(ttl)
    if tags:
        entry.set_tags(tags)
    return entry
