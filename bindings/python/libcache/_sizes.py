# SPDX-License-Identifier: LGPL-2.1-or-later
"""How much memory values take, for caches that are bounded by it."""
import sys

_SEQUENCES = (list, tuple, set, frozenset)


def size_of(value):
    """How many bytes a value takes with all that is in it, each object once: what `sys.getsizeof()` says, added up.

    It looks into lists, tuples, sets, dictionaries and the attributes of objects. What it cannot see into, such as what a
    library holds for an object, is not in it.
    """
    seen, left, total = set(), [value], 0
    while left:
        found = left.pop()
        # A class, a function or a module is there anyway.
        if id(found) in seen or isinstance(found, type) or callable(found) or isinstance(found, type(sys)):
            continue
        seen.add(id(found))
        total += sys.getsizeof(found)
        if isinstance(found, _SEQUENCES):
            left.extend(found)
        elif isinstance(found, dict):
            left.extend(found.keys())
            left.extend(found.values())
        else:
            left.extend(vars(found).values() if hasattr(found, '__dict__') else ())
            left.extend(getattr(found, name) for name in _slots_of(type(found)) if hasattr(found, name))
    return total


def _slots_of(cls):
    for base in cls.__mro__:
        slots = base.__dict__.get('__slots__', ())
        yield from (slots,) if isinstance(slots, str) else slots
