# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plain Python data as GVariant, and back.

A list is ``av``, a tuple a tuple, a dictionary ``a{sv}`` or, where not all keys are strings, ``a(vv)``; None is
an empty ``mv``, bytes are ``ay``. So each type has one form, and comes back as what it was.
"""
from gi.repository import GLib, Memo

# A codec reads 32 containers in one another at most.
_DEEPEST = 15

_NONE = GLib.Variant('mv', None)


def variant_of(value, depth=0):
    """The variant of a value; TypeError or ValueError where it has none."""
    if depth > _DEEPEST:
        raise ValueError(f'it has more than {_DEEPEST} containers in one another')
    cls = type(value)
    if value is None:
        return _NONE
    if cls is bool:
        return GLib.Variant.new_boolean(value)
    if cls is int:
        if not -2 ** 63 <= value < 2 ** 63:
            raise ValueError(f'{value} has more than 64 bits')
        return GLib.Variant.new_int64(value)
    if cls is float:
        return GLib.Variant.new_double(value)
    if cls is str:
        if '\0' in value:
            raise ValueError('a string has a NUL in it; bytes may have one')
        return GLib.Variant.new_string(value)
    if cls is bytes:
        return GLib.Variant.new_from_bytes(GLib.VariantType.new('ay'), GLib.Bytes.new(value), True)
    if cls is list:
        return _array('v', [_boxed(item, depth) for item in value])
    if cls is tuple:
        return GLib.Variant.new_tuple(*[variant_of(item, depth + 1) for item in value])
    if cls is dict:
        if all(type(key) is str for key in value):
            return _array('{sv}', [GLib.Variant.new_dict_entry(variant_of(key), _boxed(item, depth))
                                   for key, item in value.items()])
        return _array('(vv)', [GLib.Variant.new_tuple(_boxed(key, depth), _boxed(item, depth))
                               for key, item in value.items()])
    raise TypeError(f'{cls.__name__} is no plain data')


def _boxed(value, depth):
    return GLib.Variant.new_variant(variant_of(value, depth + 1))


def _array(element, children):
    return GLib.Variant.new_array(GLib.VariantType.new(element), children)


def entry_of_plain(value):
    """An entry that holds a value as programs in other languages have it."""
    variant = variant_of(value)
    cls = type(value)
    if value is None:
        return Memo.Entry.new(None)
    if cls is bool:
        return Memo.Entry.new_boolean(value)
    if cls is int:
        return Memo.Entry.new_int64(value)
    if cls is float:
        return Memo.Entry.new_double(value)
    if cls is str:
        return Memo.Entry.new_string(value)
    if cls is bytes:
        return Memo.Entry.new_bytes(GLib.Bytes.new(value))
    return Memo.Entry.new_variant(variant)


def plain_of(variant):
    """The value of a variant, whoever made it."""
    kind = variant.get_type_string()
    if kind == 'ay':
        return bytes(variant.get_data_as_bytes().get_data() or b'')
    if kind.startswith('m'):
        inner = variant.get_maybe()
        return plain_of(inner) if inner is not None else None
    if kind == 'v':
        return plain_of(variant.get_variant())
    if kind == 'a(vv)':
        return dict(map(plain_of, _children(variant)))
    if kind.startswith('a{'):
        return dict((plain_of(entry.get_child_value(0)), plain_of(entry.get_child_value(1)))
                    for entry in _children(variant))
    if kind.startswith('a'):
        return [plain_of(child) for child in _children(variant)]
    if kind.startswith('('):
        return tuple(plain_of(child) for child in _children(variant))
    return variant.unpack()


def _children(variant):
    return [variant.get_child_value(i) for i in range(variant.n_children())]
