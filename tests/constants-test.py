#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the constants are when they are read from Python, through the typelib alone.

A C constant reaches other languages by what the scanner makes of it: -1.0 may lose its
sign, infinity its existence, and 4294967295 may become -1.  One line a check, as TAP.
"""
import math
import sys

import gi

gi.require_version('Memo', '1')
from gi.repository import Gio, GLib, GObject, Memo  # noqa: E402

done = 0
failed = 0


def check(what, got, expected):
    global done, failed
    done += 1
    # 1 == 1.0 == True; a constant of another type is another constant.
    good = got == expected and type(got) is type(expected)
    failed += not good
    print('ok' if good else 'not ok', done, '-', what)
    if not good:
        print(f'# got {got!r}, a {type(got).__name__}; expected {expected!r}, a {type(expected).__name__}')


def error_of(function, *args):
    """The domain and code of the error that a call ends with."""
    try:
        function(*args)
    except GLib.Error as error:
        return error.domain, error.code
    return None


def fails_with(start, finish):
    """The domain and code of what an asynchronous call ends with."""
    context = GLib.MainContext.default()
    errors = []

    start(lambda source, result: errors.append(error_of(finish, result)))
    while not errors:
        context.iteration(True)
    return errors[0]


# --- the constants themselves ---

check('TTL_DEFAULT is -1.0', Memo.TTL_DEFAULT, -1.0)
check('TTL_FOREVER is infinity', Memo.TTL_FOREVER, math.inf)
check('UNLIMITED is 2 to the 32nd less 1', Memo.UNLIMITED, 4294967295)
check('TTL_DEFAULT and TTL_FOREVER differ', Memo.TTL_DEFAULT == Memo.TTL_FOREVER, False)

# --- and what comes back of them ---

cache = Memo.AsyncCache.new(Memo.UNLIMITED, Memo.TTL_FOREVER)
check('a new cache of UNLIMITED says so', cache.get_maxsize(), Memo.UNLIMITED)
check('a new cache of TTL_FOREVER says so', cache.get_default_ttl(), Memo.TTL_FOREVER)
check('maxsize is UNLIMITED as a property', cache.props.maxsize, 4294967295)
check('default-ttl is TTL_FOREVER as a property', cache.props.default_ttl, math.inf)

cache = Memo.AsyncCache()
check('a cache has a limit of its own', cache.props.maxsize, 128)
check('a cache keeps for ever unless told otherwise', cache.props.default_ttl, math.inf)
check('a warm-up loads a hundred at a time', cache.props.max_batch_size, 100)
cache.props.maxsize = Memo.UNLIMITED
check('maxsize takes UNLIMITED as a property', cache.get_maxsize(), 4294967295)
cache.props.default_ttl = 60.0
cache.props.default_ttl = Memo.TTL_FOREVER
check('default-ttl takes TTL_FOREVER as a property', cache.get_default_ttl(), math.inf)
cache = Memo.AsyncCache(maxsize=Memo.UNLIMITED, default_ttl=Memo.TTL_FOREVER)
check('a constructor takes UNLIMITED', cache.props.maxsize, Memo.UNLIMITED)
check('a constructor takes TTL_FOREVER', cache.props.default_ttl, Memo.TTL_FOREVER)
check('maxsize has UNLIMITED as its upper limit',
      GObject.ObjectClass.find_property(Memo.AsyncCache, 'maxsize').maximum, Memo.UNLIMITED)

entry = Memo.Entry.new_string('value')
check('an entry begins with TTL_DEFAULT', entry.get_ttl(), Memo.TTL_DEFAULT)
entry.set_ttl(Memo.TTL_FOREVER)
check('an entry takes TTL_FOREVER', entry.get_ttl(), Memo.TTL_FOREVER)
entry.set_ttl(1.5)
check('an entry takes a number of seconds', entry.get_ttl(), 1.5)
entry.set_ttl(Memo.TTL_DEFAULT)
check('an entry takes TTL_DEFAULT', entry.get_ttl(), Memo.TTL_DEFAULT)

# --- flags and errors ---

check('GetFlags.NONE is 0', int(Memo.GetFlags.NONE), 0)
check('GetFlags.REFRESH is 1', int(Memo.GetFlags.REFRESH), 1)
for code, name in enumerate(['FAILED', 'ABANDONED', 'RECURSION', 'CLOSED', 'NOT_SUPPORTED']):
    check(f'Error.{name} is {code}', int(getattr(Memo.Error, name)), code)
domain = GLib.quark_to_string(Memo.error_quark())
check('the errors have their domain', domain, 'memo-error-quark')

loader = Memo.Loader.new(lambda call, *data: None)
check('a call that is dropped is Error.ABANDONED',
      fails_with(lambda answered: cache.get_async('key', Memo.GetFlags.NONE, loader, None, answered), cache.get_finish),
      (domain, int(Memo.Error.ABANDONED)))
cancelled = Gio.Cancellable()
cancelled.cancel()
check('a call that is cancelled is an error of Gio',
      fails_with(lambda answered: cache.get_async('key', Memo.GetFlags.NONE, loader, cancelled, answered), cache.get_finish),
      ('g-io-error-quark', int(Gio.IOErrorEnum.CANCELLED)))

# --- the version ---

version = (Memo.MAJOR_VERSION, Memo.MINOR_VERSION, Memo.MICRO_VERSION)
check('VERSION_S is the three numbers', Memo.VERSION_S, '.'.join(map(str, version)))

print(f'1..{done}')
sys.exit(1 if failed else 0)
