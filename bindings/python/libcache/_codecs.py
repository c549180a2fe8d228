# SPDX-License-Identifier: LGPL-2.1-or-later
"""How values become bytes for a tier, and values again."""
from __future__ import annotations

import json
import pickle
from typing import Any

from gi.repository import GLib, GObject, Memo

from . import _errors
from ._plain import entry_of_plain
from ._values import Kept, value_of

_HOW = 'give the cache another codec, such as JSONCodec() or one of your own, or plain data'


class Codec(GObject.Object, Memo.Codec):
    """How values become bytes for a tier: derive from it, and write `encode()` and `decode()`.

    What is decoded comes from outside. It may be damaged, or made by somebody who wishes you no good. A record says
    by which class it was made, by its ``__gtype_name__`` or its name and module; no other is asked to read it.
    """

    def encode(self, value: Any) -> bytes:
        """Give the bytes of a value, or raise an exception: it cannot be kept in a tier."""
        raise NotImplementedError

    def decode(self, data: bytes) -> Any:
        """Give the value of bytes, or raise an exception: they are of no use, which is a miss."""
        raise NotImplementedError

    def dump(self, value):
        """The bytes of a value; a TypeError that says what to do for one that has none."""
        try:
            return GLib.Bytes.new(self.encode(value))
        except Exception as error:
            raise TypeError(f'a value of type {type(value).__name__} cannot be kept in a tier by '
                            f'{type(self).__name__}: {error}; {_HOW}') from error

    def do_encode(self, call):
        try:
            kept = call.get_entry().get_value()
            if not isinstance(kept, Kept):
                # Set by another part of the program, on the GLib side.
                call.return_bytes(self.dump(value_of(call.get_entry())))
                return
            data, kept.data = kept.data, None
            call.return_bytes(data if data is not None else self.dump(kept.value))
        except Exception as error:  # pylint: disable=broad-except
            _refuse(call, error)

    def do_decode(self, call):
        try:
            data = call.get_bytes()
            entry = Memo.Entry.new(Kept(self.decode(data.get_data())))
            # About as large as what it was made from.
            entry.set_size(data.get_size())
            call.return_entry(entry)
        except Exception as error:  # pylint: disable=broad-except
            _refuse(call, error)


def _refuse(call, error):
    call.return_error(GLib.Error.new_literal(_errors.Error.quark(), _errors.message_of(error),
                                             _errors.Error.NOT_SUPPORTED))


class PlainCodec(Codec, Memo.Codec):
    """The codec of a cache that is given no other: None, booleans, integers of 64 bits, floats, strings, bytes, and
    lists, tuples and dictionaries of such, at most 15 in one another.

    What comes back is equal to what was kept, and of the same types. No code can be in it. It writes what
    `Memo.VariantCodec` does, so that programs in other languages share the tier.
    """

    __gtype_name__ = 'LibcachePlainCodec'

    def __init__(self):
        super().__init__()
        self._variants = Memo.VariantCodec.new()

    def encode(self, value: Any) -> bytes:
        return self._variants.encode_entry(entry_of_plain(value)).get_data()

    def decode(self, data: bytes) -> Any:
        return value_of(self._variants.decode_bytes(GLib.Bytes.new(data)))

    def do_dup_name(self) -> str:
        return self._variants.dup_name()


class JSONCodec(Codec):
    """Values as JSON: easy to read elsewhere. Tuples come back as lists, and keys of dictionaries as strings."""

    __gtype_name__ = 'LibcacheJSONCodec'

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(',', ':')).encode()

    def decode(self, data: bytes) -> Any:
        return json.loads(data)


class PickleCodec(Codec):
    """Any Python object, by pickle.

    Whoever can write to the tier can run any code in this program: use it only where nobody else can, or give the cache
    a ``record_secret``.
    """

    __gtype_name__ = 'LibcachePickleCodec'

    def encode(self, value: Any) -> bytes:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)

    def decode(self, data: bytes) -> Any:
        return pickle.loads(data)
