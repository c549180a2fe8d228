# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random arguments for the tests of keys, and what it means that two of them are the same.

Neither knows how a key is written.
"""
import collections
import copy
import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import struct
import uuid

Point = collections.namedtuple('Point', 'x y')
Size = collections.namedtuple('Size', 'x y')


@dataclasses.dataclass
class Product:
    id: object
    price: object
    seen: object = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True)
class Offer:
    id: object
    price: object


class Color(enum.Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1


class Priority(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Token(str):
    pass


class Session:
    """Has no equality that Python knows of, and says itself what it is."""

    def __init__(self, token):
        self.token = token
        self.log = []

    def __cache_key__(self):
        return self.token


BERLIN = datetime.timezone(datetime.timedelta(hours=2), 'B')
ATOMS = {
    'none': lambda dice: None,
    'bool': lambda dice: dice.random() < 0.5,
    'int': lambda dice: dice.choice([0, 1, 2, -1, 2 ** 63 - 1, 2 ** 63, -2 ** 63, -2 ** 63 - 1, 2 ** 64 - 1, 2 ** 64,
                                     2 ** 70, dice.randrange(-10 ** 20, 10 ** 20)]),
    'float': lambda dice: dice.choice([0.0, -0.0, 1.0, 0.1, 0.1 + 1e-17, 0.1 + 2e-17, math.inf, -math.inf, math.nan,
                                       2.0 ** 63, struct.unpack('d', dice.randbytes(8))[0]]),
    'str': lambda dice: dice.choice(['', '1', 'a', 'true', 'nan', 'nothing', 'a"b', 'a\\b', 'a\\"b', '", s "', '\n',
                                     '\\n', '\\x0a', '\0', '\x7f', 'é', 'e\u0301', '\U0001f408', '\ud800', '\\ud800',
                                     '<x 1>', '<py:int s "0x1">']),
    'bytes': lambda dice: dice.choice([b'', b'1', b'\0', b'\xff', dice.randbytes(2)]),
    'bytearray': lambda dice: bytearray(dice.choice([b'', b'1'])),
    'complex': lambda dice: complex(dice.choice([0.0, 1.0]), dice.choice([0.0, -0.0, 1.0])),
    'decimal': lambda dice: decimal.Decimal(dice.choice(['1', '1.0', '1.00', '10', '1e1', '0', '-0', '0.00', 'NaN', 'inf',
                                                         '1.000000000000000000000000000000000001'])),
    'fraction': lambda dice: fractions.Fraction(dice.choice([1, 2]), dice.choice([1, 2, 4])),
    'date': lambda dice: datetime.date(2024, 2, dice.choice([1, 29])),
    'datetime': lambda dice: datetime.datetime(2024, 2, 1, dice.choice([10, 12]), fold=dice.choice([0, 0, 1]),
                                               tzinfo=dice.choice([None, datetime.timezone.utc, BERLIN])),
    'timedelta': lambda dice: datetime.timedelta(dice.choice([0, 1]), dice.choice([0, 86400, -86400])),
    'uuid': lambda dice: uuid.UUID(int=dice.choice([1, 2])),
    'enum': lambda dice: dice.choice([*Color, Color.CRIMSON, *Priority, Rights.READ, Rights.READ | Rights.WRITE, Rights(0)]),
    'token': lambda dice: Token(dice.choice(['', '1', 'a'])),
    'session': lambda dice: Session(dice.choice(['1', 1, None])),
    'class': lambda dice: dice.choice([int, str, Point, Color, len, math.floor]),
    'range': lambda dice: range(dice.choice([0, 1]), dice.choice([0, 1, 3, 4]), dice.choice([1, 2])),
}
HASHABLE = [name for name in ATOMS if name not in ('bytearray', 'session')]
CONTAINERS = ('list', 'tuple', 'point', 'size', 'dict', 'dict of texts', 'ordered', 'set', 'frozenset', 'product', 'offer',
              'deque')


def roll(dice, counts, depth=2):
    """A random value.  The kinds of all that is in it are counted."""
    kind = dice.choice(CONTAINERS) if depth > 0 and dice.random() < 0.5 else dice.choice(list(ATOMS))
    counts[kind] += 1
    if kind in ATOMS:
        return ATOMS[kind](dice)

    # Often of one kind, since those are written in another way.
    only = dice.choice(list(ATOMS)) if dice.random() < 0.3 else None

    def item():
        return ATOMS[only](dice) if only else roll(dice, counts, depth - 1)

    def key():
        return ATOMS[only if only in HASHABLE else dice.choice(HASHABLE)](dice)

    size = dice.randrange(4)
    return {
        'list': lambda: [item() for _ in range(size)],
        'tuple': lambda: tuple(item() for _ in range(size)),
        'point': lambda: Point(item(), item()),
        'size': lambda: Size(item(), item()),
        'dict': lambda: {key(): item() for _ in range(size)},
        'dict of texts': lambda: {ATOMS['str'](dice): item() for _ in range(size)},
        'ordered': lambda: collections.OrderedDict((key(), item()) for _ in range(size)),
        'set': lambda: {key() for _ in range(size)},
        'frozenset': lambda: frozenset(key() for _ in range(size)),
        'product': lambda: Product(item(), item(), item()),
        'offer': lambda: Offer(item(), item()),
        'deque': lambda: collections.deque(item() for _ in range(size)),
    }[kind]()


def rebuild(value, dice):
    """The same value as other objects, with dictionaries and sets filled in another order."""
    cls = type(value)
    if cls in (list, tuple, collections.deque):
        return cls(rebuild(item, dice) for item in value)
    if cls in (Point, Size):
        return cls(*(rebuild(item, dice) for item in value))
    if cls in (set, frozenset):
        return cls(dice.sample(list(value), len(value)))
    if cls is dict:
        return {key: rebuild(item, dice) for key, item in dice.sample(list(value.items()), len(value))}
    if cls in (Product, Offer):
        return cls(rebuild(value.id, dice), rebuild(value.price, dice))
    if cls is Session:
        return Session(value.token)
    return copy.deepcopy(value)


def is_same(a, b):
    """Whether two values are the same argument: of one class, and equal."""
    cls = type(a)
    if cls is not type(b):
        return False
    if cls is float:
        return math.isnan(a) and math.isnan(b) or struct.pack('d', a) == struct.pack('d', b)
    if cls is complex:
        return is_same((a.real, a.imag), (b.real, b.imag))
    if cls is decimal.Decimal:
        return str(a) == str(b) or a == b and a.is_signed() == b.is_signed()
    if cls is datetime.datetime:
        return a.replace(tzinfo=None) == b.replace(tzinfo=None) and a.utcoffset() == b.utcoffset() and a.fold == b.fold
    if cls in (list, tuple, collections.deque, Point, Size):
        return len(a) == len(b) and all(map(is_same, a, b))
    if cls is collections.OrderedDict:
        return is_same(list(a.items()), list(b.items()))
    if cls is dict:
        return is_same_in_any_order(a.items(), b.items())
    if cls in (set, frozenset):
        return is_same_in_any_order(a, b)
    if cls in (Product, Offer):
        return is_same((a.id, a.price), (b.id, b.price))
    if cls is Session:
        return is_same(a.token, b.token)
    return a == b


def is_same_in_any_order(a, b):
    left = list(b)
    for item in a:
        match = next((i for i, other in enumerate(left) if is_same(item, other)), None)
        if match is None:
            return False
        del left[match]
    return not left
