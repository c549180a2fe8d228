# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys of calls and of anything else: docs/keys.md, "In Python"."""
import collections
import datetime
import decimal
import enum
import functools
import math
import os
import pathlib
import random
import re
import zoneinfo

import gi
import pytest

gi.require_version('Memo', '1')
from gi.repository import GLib, Memo  # noqa: E402

from keys_dice import (ATOMS, CONTAINERS, Color, Offer, Point, Priority, Product, Rights, Session,  # noqa: E402
                       Size, Token, is_same, rebuild, roll)
from libcache._canonical import argument_text, register_key  # noqa: E402
from libcache._keys import CallKeys, cache_key  # noqa: E402

PINNED = pathlib.Path(__file__).parent.parent / 'data' / 'canonical-keys.txt'


def keys_of(function, **options):
    """The key of a call, called like the function."""
    keys = CallKeys(function, **options)
    return lambda *args, **kwargs: keys.key(args, kwargs)


def c_function(name='f', skip_args=0):
    function = Memo.AsyncLru.new(name, lambda call, data: call.return_nothing(), None)
    function.set_skip_args(skip_args)
    return function


def variant_type(value):
    """The type that somebody who writes C would give the value."""
    cls = type(value)
    plain = {bool: 'b', int: 'x' if cls is int and value < 2 ** 63 else 't', float: 'd', str: 's', bytes: 'ay',
             type(None): 'mv'}
    if cls in plain:
        return plain[cls]
    if cls is tuple:
        return f'({"".join(map(variant_type, value))})'
    if cls is list:
        return 'a' + common_type(value, 'v')
    return f'a{{{common_type(value, "s")}{common_type(value.values(), "v")}}}'


def common_type(values, otherwise):
    kinds = set(map(variant_type, values))
    return kinds.pop() if len(kinds) == 1 else otherwise if not kinds else 'v'


def variant(value, kind=None):
    kind = kind or variant_type(value)
    if kind == 'v':
        return GLib.Variant.new_variant(variant(value))
    if kind == 'mv':
        return GLib.Variant.new_maybe(GLib.VariantType('v'), None)
    if kind == 'ay':
        return GLib.Variant.new_from_bytes(GLib.VariantType('ay'), GLib.Bytes.new(value), True)
    if isinstance(value, tuple):
        return GLib.Variant.new_tuple(*map(variant, value))
    if isinstance(value, list):
        items = [variant(item, kind[1:]) for item in value]
        return GLib.Variant.new_array(GLib.VariantType(kind[1:]), items)
    if isinstance(value, dict):
        items = [GLib.Variant.new_dict_entry(variant(key, kind[2]), variant(item, kind[3:-1])) for key, item in value.items()]
        return GLib.Variant.new_array(GLib.VariantType(kind[1:]), items)
    return GLib.Variant(kind, value)


# --- the same as in C ---

def test_keys_are_those_of_the_committed_list():
    def unpacked(arguments):
        values = GLib.Variant.parse(None, arguments, None, None)
        kind = re.sub('[^a-z]', '', values.get_type_string())
        return values.unpack() if set(kind) <= set('bxtds') and 'a' not in kind else None

    n_compared = 0
    for line in PINNED.read_text(encoding='utf-8').splitlines():
        if ' => ' not in line or line.startswith('#'):
            continue
        arguments, key = line.split(' => ', 1)
        values = unpacked(arguments)
        # An int is an "x" wherever it fits.
        if values is None or 't ' in key:
            continue
        assert keys_of(lambda *args: None, name='f')(*values) == key
        n_compared += 1
    assert n_compared >= 30


def test_random_arguments_have_the_key_that_the_library_makes():
    dice = random.Random(3)
    counts = collections.Counter()
    atoms = {
        'bool': lambda: dice.random() < 0.5,
        'int': lambda: dice.choice([0, 1, -1, 2 ** 63 - 1, -2 ** 63, 2 ** 63, 2 ** 64 - 1, dice.randrange(10 ** 15)]),
        'float': lambda: dice.choice([0.0, -0.0, 0.1, 1e300, -1e-300, math.nan, math.inf, -math.inf, dice.random()]),
        'str': lambda: dice.choice(['', 'a', 'é', 'a"b\\c', '\n\x01\x7f', '\U0001f408', '1']),
        'bytes': lambda: dice.randbytes(dice.randrange(4)),
        'none': lambda: None,
    }

    def value(depth):
        kind = dice.choice(['list', 'tuple', 'dict']) if depth and dice.random() < 0.6 else dice.choice(list(atoms))
        counts[kind] += 1
        if kind in atoms:
            return atoms[kind]()
        size = dice.randrange(4)
        if kind == 'dict':
            make = atoms[dice.choice(['bool', 'float', 'str'])]
            return {make(): value(depth - 1) for _ in range(size)}
        same = atoms[dice.choice(list(atoms))] if dice.random() < 0.5 else lambda: value(depth - 1)
        return (list if kind == 'list' else tuple)(same() for _ in range(size))

    for skip_args in (0, 1):
        in_c = c_function('shop.get', skip_args)
        in_python = keys_of(lambda *args: None, name='shop.get', skip_args=skip_args)
        for _ in range(1500):
            args = tuple(value(3) for _ in range(dice.randrange(4)))
            assert in_python(*args) == in_c.dup_key(GLib.Variant.new_tuple(*map(variant, args)))
    assert min(counts[kind] for kind in (*atoms, 'list', 'tuple', 'dict')) > 300


# --- equal or not ---

def test_a_hundred_thousand_pairs_share_a_key_if_and_only_if_they_are_the_same():
    dice = random.Random(1)
    counts, verdicts = collections.Counter(), collections.Counter()
    first_with = {}

    for i in range(100_000):
        value = roll(dice, counts)
        other = rebuild(value, dice) if i % 4 == 0 else roll(dice, counts)
        text, other_text = argument_text(value), argument_text(other)
        verdicts[is_same(value, other)] += 1
        assert (text == other_text) == is_same(value, other), (value, other, text, other_text)
        # Against all before, too: no two that differ have come to the same text.
        assert is_same(first_with.setdefault(text, value), value), (text, value)

    assert min(counts[kind] for kind in (*ATOMS, *CONTAINERS)) > 2000
    assert verdicts[True] > 25_000 and verdicts[False] > 50_000
    assert len(first_with) > 30_000


def test_a_pair_that_differs_in_one_place_has_two_keys():
    dice = random.Random(2)
    n_compared = 0
    for _ in range(20_000):
        value, item, other = [roll(dice, collections.Counter(), depth) for depth in (2, 0, 0)]
        if not is_same(item, other):
            n_compared += 1
            assert argument_text([value, item]) != argument_text([value, other])
            assert argument_text({'a': (value, item)}) != argument_text({'a': (value, other)})
    assert n_compared > 10_000


def test_keys_have_one_line_and_can_be_written_as_utf_8():
    dice = random.Random(4)
    for _ in range(5000):
        for key in (keys_of(lambda x: None, name='f')(roll(dice, collections.Counter())),
                    cache_key(roll(dice, collections.Counter()))):
            assert '\0' not in key and '\n' not in key.removeprefix('\n')
            assert key.encode().decode() == key


def test_failure_08_one_true_and_one_point_zero_are_three_arguments():
    key = keys_of(lambda x: None)
    assert len({key(x) for x in (1, True, 1.0, '1', b'1', 1 + 0j, decimal.Decimal(1), Priority.LOW)}) == 8


def test_failure_08_a_list_a_tuple_and_others_with_the_same_in_them_are_distinct():
    key = keys_of(lambda x: None)
    same = [[1, 2], (1, 2), Point(1, 2), Size(1, 2), {1, 2}, frozenset((1, 2)), collections.deque((1, 2)),
            Product(1, 2), Offer(1, 2), {'x': 1, 'y': 2}, {1: 2}, [(1, 2)], [[1, 2]], '[1, 2]']
    assert len(set(map(key, same))) == len(same)


def test_failure_08_what_is_inside_is_told_apart_as_well():
    key = keys_of(lambda x: None)
    for make in (lambda x: [x], lambda x: (x,), lambda x: {x}, lambda x: {x: x}, lambda x: {'a': [x]}, Offer):
        values = [make(x, x) if make is Offer else make(x) for x in (1, True, 1.0)]
        assert len(set(map(key, values))) == 3


def test_failure_09_a_dictionary_with_keys_of_several_types():
    key = keys_of(lambda x: None)
    mixed = {1: 'a', '1': 'b', None: 'c', (1, 2): 'd', True and 2.5: 'e', Color.RED: 'f'}
    assert key(mixed) == key(dict(reversed(mixed.items())))
    assert key(mixed) != key({**mixed, 1: 'b', '1': 'a'})


def test_failure_09_nothing_but_empty_containers():
    key = keys_of(lambda x: None)
    empty = [[], (), {}, set(), frozenset(), '', b'', [[]], [()], [{}], {'': []}, ([],), collections.OrderedDict()]
    assert len(set(map(key, empty))) == len(empty)


def test_failure_09_what_contains_itself_is_refused():
    itself = []
    itself.append(itself)
    through = {'a': [1, (2,)]}
    through['a'].append(through)
    offer = Offer(1, [])
    offer.price.append(offer)
    for value, name in ((itself, 'list'), (through, 'dict'), (offer, 'keys_dice.Offer|Offer')):
        with pytest.raises(ValueError, match=f'no key can be made of a ({name}) that contains itself'):
            keys_of(lambda x: None)(value)


def test_failure_09_the_same_list_twice_is_no_cycle():
    key = keys_of(lambda x: None)
    shared = [1]
    assert key([shared, shared, {'a': shared}]) == key([[1], [1], {'a': [1]}])


def test_failure_09_what_is_nested_too_deeply_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match='nested so deeply'):
        keys_of(lambda x: None)(deep)


def test_failure_10_equal_calls_have_one_key():
    key = keys_of(lambda x, y=2: None)
    assert len({key(1), key(x=1), key(1, 2), key(1, y=2), key(y=2, x=1), key(x=1, y=2)}) == 1
    assert key(1) != key(1, 3) and key(1) != key(2)


def test_failure_10_the_order_of_a_dictionary_or_of_keywords_says_nothing():
    key = keys_of(lambda x, **rest: None)
    assert key({'a': 1, 'b': 2}) == key({'b': 2, 'a': 1})
    assert key(1, a=1, b=2) == key(1, b=2, a=1) == key(b=2, a=1, x=1)


def test_failure_10_a_number_written_in_another_way():
    key = keys_of(lambda x: None)
    assert key(1e3) == key(1000.0)
    assert key(0.1 + 0.2) != key(0.3)
    assert key(decimal.Decimal('1.0')) == key(decimal.Decimal('1.00')) == key(decimal.Decimal('10e-1'))
    # Not rounded to the precision that calculations have.
    assert key(decimal.Decimal('1.' + '0' * 40 + '1')) != key(decimal.Decimal(1))


# --- calls ---

def test_every_call_has_the_key_of_the_call_that_python_binds():
    """Random signatures and calls, beside what the function itself is then called with."""
    dice = random.Random(5)
    n_bound = n_refused = n_shared = 0
    for _ in range(400):
        names = dice.sample('abcdef', dice.randrange(1, 5))
        n_posonly = dice.randrange(len(names) + 1) if dice.random() < 0.3 else 0
        n_positional = dice.randrange(n_posonly, len(names) + 1)
        first_default = dice.randrange(n_positional + 1)
        parts = [name if i < first_default else f'{name}={i}' for i, name in enumerate(names[:n_positional])]
        if n_posonly:
            parts.insert(n_posonly, '/')
        varargs = dice.random() < 0.3
        if varargs or n_positional < len(names):
            parts.append('*args' if varargs else '*')
        parts += [name if dice.random() < 0.5 else f'{name}=[9]' for name in names[n_positional:]]
        has_kwargs = dice.random() < 0.3
        if has_kwargs:
            parts.append('**kwargs')
        positional = [*names[:n_positional], *(['*args'] if varargs else [])]
        by_keyword = [f'{name!r}: {name}' for name in names[n_positional:]] + (['**kwargs'] if has_kwargs else [])
        # pylint: disable-next=eval-used
        function = eval(f'lambda {", ".join(parts)}: ([{", ".join(positional)}], {{{", ".join(by_keyword)}}})')
        skip_args = dice.choice([0, 0, 1, 2])
        keys = CallKeys(function, 'f', skip_args)
        seen = {}
        for _ in range(60):
            args = tuple(dice.choice([0, 1, True]) for _ in range(dice.randrange(5)))
            kwargs = {name: dice.choice([0, 1, [9]]) for name in dice.sample('abcdefg', dice.randrange(4))}
            try:
                by_position, by_name = function(*args, **kwargs)
            except TypeError:
                n_refused += 1
                with pytest.raises(TypeError, match=r'f\(\): (missing|too many|multiple|got an unexpected|.* positional)'):
                    keys.key(args, kwargs)
                continue
            said = (by_position[skip_args:], by_name)
            key = keys.key(args, kwargs)
            n_bound += 1
            n_shared += key in seen
            assert is_same(seen.setdefault(key, said), said), (key, said)
            assert all(key == other or not is_same(said, known) for other, known in seen.items())
    assert n_bound > 3000 and n_refused > 3000 and n_shared > 500


def test_skipped_arguments_leave_no_trace_however_they_are_given():
    key = keys_of(lambda request, id, city=None: None, name='get', skip_args=1)
    assert key(1, 42) == key(2, 42) == key(request=3, id=42) == key(4, id=42, city=None) == 'get(x 42, mv nothing)'
    assert key(object(), 42) == key(1, 42)
    assert keys_of(lambda a, b: None, name='get', skip_args=5)(1, 2) == 'get()'
    assert keys_of(lambda *args, **kwargs: None, name='get', skip_args=2)(1, 2, 3, a=4) == 'get(x 3, a=x 4)'


def test_the_name_is_that_of_the_function_and_its_module_or_another():
    assert keys_of(roll)(1, 2).startswith('keys_dice.roll(')
    assert keys_of(roll, name='dice')(1, 2) == 'dice(x 1, x 2, x 2)'
    for name in ('', 'f(x)', 'f)', 42, b'f'):
        with pytest.raises(ValueError, match='a string without parentheses'):
            CallKeys(roll, name)
    for skip_args in (-1, True, 1.0, None):
        with pytest.raises(ValueError, match='how many of the first arguments do not count'):
            CallKeys(roll, skip_args=skip_args)


def test_a_default_of_which_no_key_can_be_made_counts_as_not_given():
    missing = object()
    key = keys_of(lambda x, y=missing, *, z=missing: None)
    assert key(1) == key(1, missing) == key(x=1, z=missing)
    assert len({key(1), key(1, None), key(1, z=None)}) == 3
    with pytest.raises(TypeError, match='nothing says which of its objects are equal'):
        key(1, object())
    with pytest.raises(TypeError, match='nothing says which of its objects are equal'):
        key(missing)


def test_a_default_that_changes_is_seen():
    shared = [1]
    key = keys_of(lambda x, y=shared: None)
    before = key(1)
    shared.append(2)
    assert key(1) == key(1, [1, 2]) != before


def test_keywords_that_are_no_names_are_told_apart():
    key = keys_of(lambda **kwargs: None)
    calls = [{'a': 1, 'b': 2}, {'a=x 1, b': 2}, {'a': 1, 'b=x 2, c': 3}, {'"a"': 1}, {'': 1}, {'a ': 1}]
    assert len({key(**call) for call in calls}) == len(calls)


def test_functions_without_a_signature_have_keys():
    key = keys_of(min, name='min')
    assert key(1, 2) != key(2, 1) and key([1], default=None) == 'min(ax [1], default=mv nothing)'


def test_what_wraps_a_function_has_its_signature():
    @functools.wraps(roll)
    def wrapper(*args, **kwargs):
        return roll(*args, **kwargs)

    assert keys_of(wrapper)(1, counts=2) == keys_of(roll)(1, 2)


def test_how_many_arguments_are_in_a_key():
    assert CallKeys(lambda a, b=1, *, c: None).n_args == 3
    assert CallKeys(lambda a, b=1: None, skip_args=1).n_args == 1
    assert CallKeys(lambda a: None, skip_args=3).n_args == 0
    assert CallKeys(lambda *a: None).n_args is None and CallKeys(lambda **a: None).n_args is None


# --- objects ---

def test_objects_are_told_apart_by_what_they_consist_of():
    key = keys_of(lambda x: None)
    assert key(Product(1, 2, seen=3)) == key(Product(1, 2, seen=4)) != key(Product(1, 3))
    assert key(Color.RED) == key(Color.CRIMSON) != key(Color.GREEN)
    assert key(Rights.READ | Rights.WRITE) == key(Rights(3)) != key(Rights.READ)
    assert key(Token('a')) != key('a')
    assert key(Session('a')) == key(Session('a')) != key(Session('b'))
    assert key(re.compile('a')) == key(re.compile('a')) != key(re.compile('a', re.I))
    assert key(pathlib.PurePosixPath('a')) != key(pathlib.PureWindowsPath('a'))
    assert key(zoneinfo.ZoneInfo('UTC')) == key(zoneinfo.ZoneInfo.no_cache('UTC')) != key('UTC')


def test_one_moment_in_two_zones_is_two_arguments():
    key = keys_of(lambda x: None)
    moment = datetime.datetime(2024, 2, 1, 10, tzinfo=datetime.timezone.utc)
    there = moment.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
    assert moment == there and key(moment) != key(there) and key(moment) != key(moment.replace(tzinfo=None))


class Plain:
    pass


class Compared:
    def __eq__(self, other):
        return True


class Fuller(str):
    """Is more than its text."""

    def __init__(self, text):
        self.log = text


class Slotted(tuple):
    __slots__ = ()


class Other:
    """Belongs to somebody else, who knows nothing of caches."""

    def __init__(self, number):
        self.number = number


@pytest.mark.parametrize('value', [
    object(), Plain(), Compared(), Fuller('a'), iter([]), lambda: None, [].append, (x for x in ()), memoryview(b'a'), os,
    Plain.__init__], ids=repr)
def test_what_has_no_value_is_refused_and_the_message_says_what_to_do(value):
    with pytest.raises(TypeError, match='no key can be made of .* skip_args'):
        keys_of(lambda x: None)(value)
    with pytest.raises(TypeError, match='no key can be made of .* skip_args'):
        cache_key((1, [value]))


def test_a_class_that_its_name_does_not_lead_to_is_refused():
    class Local(enum.Enum):
        RED = 1

    with pytest.raises(TypeError, match='that name does not lead to this class.*top of its module'):
        keys_of(lambda x: None)(Local.RED)
    with pytest.raises(TypeError, match='not what others find under the name.*top of its module'):
        keys_of(lambda x: None)(Local)


def test_classes_of_others_can_be_registered():
    key = keys_of(lambda x: None)
    with pytest.raises(TypeError, match=r'libcache\.register_key\(\)'):
        key(Other(1))
    register_key(Other, lambda other: other.number)
    assert key(Other(1)) == key(Other(1)) != key(Other(2))
    assert key(Other(1)) != key(1)


def test_what_cannot_be_registered_is_refused():
    for cls, function in ((1, int), (Other, None)):
        with pytest.raises(TypeError, match='takes a class, and a function'):
            register_key(cls, function)
    for cls in (int, list, set):
        with pytest.raises(TypeError, match='are fixed'):
            register_key(cls, str)


def test_an_error_of_a_cache_key_is_the_callers():
    class Broken:
        def __cache_key__(self):
            raise LookupError('no session')

    Broken.__qualname__ = 'Broken'
    globals()['Broken'] = Broken
    with pytest.raises(LookupError, match='no session'):
        keys_of(lambda x: None)(Broken())


def test_derived_containers_are_told_apart_by_their_class():
    key = keys_of(lambda x: None)
    assert key(Slotted((1, 2))) == key(Slotted((1, 2))) != key((1, 2))
    assert key(collections.defaultdict(list, a=1)) == key(collections.defaultdict(list, a=1)) != key({'a': 1})
    ordered = collections.OrderedDict
    assert key(ordered(a=1, b=2)) != key(ordered(b=2, a=1))


# --- any other keys ---

def test_a_string_is_its_own_key():
    for key in ('', 'user:42', 'é', 'a\nb', '"', '\\', '\x1b', 'x 1', ' \x10', 'f(x 1)', '\U0001f408'):
        assert cache_key(key) == key


def test_what_is_no_string_or_cannot_be_handed_to_c_is_escaped():
    assert cache_key(42) == '\x10x 42'
    assert cache_key(('user', 42)) == '\x10(sx) ("user",42)'
    assert cache_key('a\0b') == '\x10s "a\\x00b"'
    assert cache_key('\ud800') == '\x10s "\\ud800"'
    assert cache_key('\x10x 42') == '\x10s "\\x10x 42"'
    assert cache_key(None) == '\x10mv nothing'
    assert cache_key(Token('a')) != 'a'


def test_no_two_keys_meet():
    dice = random.Random(6)
    first_with = {}
    for _ in range(20_000):
        key = roll(dice, collections.Counter(), 1)
        # Strings that look like the escaped form of another key, over and over.
        for _ in range(3):
            text = cache_key(key)
            assert is_same(first_with.setdefault(text, key), key)
            key = text if dice.random() < 0.7 else '\x10' + text
    assert len(first_with) > 2000


def test_every_key_reaches_the_cache_as_it_is():
    cache = Memo.AsyncCache.new(Memo.UNLIMITED, Memo.TTL_FOREVER)
    keys = ['', 'a', 'a\0', '\ud800', '\x10', 1, True, 1.0, None, (), (1, 'a'), frozenset((1, 2)), Color.RED, 2 ** 100]
    for i, key in enumerate(keys):
        cache.set(cache_key(key), Memo.Entry.new_int64(i))
    assert [cache.lookup(cache_key(key)).get_int64() for key in keys] == list(range(len(keys)))


def test_how_a_call_was_made_before_does_not_count():
    """What is remembered of one call is used for the next of its kind, with other values."""
    key = keys_of(lambda a, b=[1], *, c=2, d='"': None, name='f')
    for a in (1, True, 1.0, 'x', None, [1], 2 ** 70):
        for _ in range(3):
            assert key(a, c=3) == key(a=a, c=3) == key(a, [1], c=3) == key(c=3, a=a, b=[1]) == \
                f'f({argument_text(a)}, ax [1], c=x 3, d=s "\\"")'
    # More kinds of calls than are remembered.
    key = keys_of(lambda *args: None, name='f')
    for n in list(range(100)) * 2:
        assert key(*range(n)) == f'f({", ".join(f"x {i}" for i in range(n))})'


def test_which_calls_came_before_does_not_count():
    """More of them than are remembered, long ones and such as are equal in Python."""
    key = keys_of(lambda x, y=1: None, name='f')
    values = [value for i in range(3000) for value in (i, str(i), float(i), 'x' * (i % 400))] + [True, False, -2 ** 80]
    for _ in range(2):
        for value in values:
            assert key(value) == f'f({argument_text(value)}, x 1)' == key(value, 1)
