#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The quick start in Python, on nothing but GObject Introspection.

What is got here comes from loaders that are written in Python.  A cache takes variants,
strings, bytes, objects and numbers this way.
"""
import math
import sys

import gi

gi.require_version('Memo', '1')
from gi.repository import Gio, GLib, Memo  # noqa: E402

NAMES = {'1': 'Ada Almeida', '2': 'Amira Andersen', '3': 'Anton Bakker'}

failures = 0


def check(condition, what):
    """Prints what is so, or complains that it is not."""
    global failures
    if not condition:
        failures += 1
    print(f'  {"" if condition else "NOT "}{what}')


def answering(load):
    """Makes a loader of a function that returns an entry or None, or raises.

    An exception that left the loader would keep its call alive in sys.last_traceback, and
    with it everyone who waits: so each becomes the call's answer.
    """
    def func(call, data):
        try:
            call.return_entry(load(call, data))
        except GLib.Error as error:
            call.return_error(error)
        except Exception as error:  # pylint: disable=broad-except
            call.return_error(GLib.Error.new_literal(
                Memo.Error.quark(), f'{type(error).__name__}: {error}', Memo.Error.FAILED))
    return func


def start(cache, key, loader, flags=Memo.GetFlags.NONE):
    """Starts a get and gives the list in which its result will be."""
    results = []
    cache.get_async(key, flags, loader, None, lambda source, result: results.append(result))
    return results


def finish(cache, results):
    """Waits for a get; a program with a main loop would do this in the callback."""
    while not results:
        GLib.MainContext.default().iteration(True)
    return cache.get_finish(results[0])


def get(cache, key, loader, flags=Memo.GetFlags.NONE):
    """Gets an entry, or None for a miss; an error of the loader is raised."""
    return finish(cache, start(cache, key, loader, flags))


def error_of(cache, key, loader, flags=Memo.GetFlags.NONE):
    """Gives the error that a get ends with."""
    try:
        get(cache, key, loader, flags)
    except GLib.Error as error:
        return error
    return None


def load_user(call, names):
    """Gives a name out of a dictionary."""
    number = call.get_key().removeprefix('user:')
    if number not in names:
        return None
    entry = Memo.Entry.new_string(names[number])
    entry.set_tags(['users'])
    return entry


def getting(cache):
    print('A loader in Python')
    loads = []

    def load(call, data):
        loads.append(call.get_key())
        return load_user(call, data)

    # One loader for all users, made once and kept.
    loader = Memo.Loader.new(answering(load), NAMES)

    check(cache.lookup('user:1') is None, 'in memory before anyone asked: nothing')
    check(get(cache, 'user:1', loader).get_string() == 'Ada Almeida', 'loaded: Ada Almeida')
    check(cache.lookup('user:1').get_string() == 'Ada Almeida', 'found in memory: Ada Almeida')
    check(get(cache, 'user:9', loader) is None, 'a user whom nobody knows: a miss, no error')
    check(loads == ['user:1', 'user:9'], 'two loads for this')

    herd = [start(cache, 'user:2', loader) for _ in range(100)]
    answers = {finish(cache, results).get_string() for results in herd}
    check(answers == {'Amira Andersen'} and loads[2:] == ['user:2'], 'a hundred gets at once, one load')
    return loader


def keeping(cache, loader):
    print('Set, delete, tags')
    cache.set('greeting', Memo.Entry.new_string('hello'))
    check(cache.lookup('greeting').get_string() == 'hello', 'a string')

    cache.set('point', Memo.Entry.new_variant(GLib.Variant('(dd)', (1.5, 2.5))))
    check(cache.lookup('point').get_variant().unpack() == (1.5, 2.5), 'a variant')

    cache.set('raw', Memo.Entry.new_bytes(GLib.Bytes.new(b'\0\1\2')))
    check(cache.lookup('raw').get_bytes().get_data() == b'\0\1\2', 'bytes')

    action = Gio.SimpleAction.new('open', None)
    cache.set('object', Memo.Entry.new_object(action))
    check(cache.lookup('object').get_object() is action, 'an object, the very same')

    cache.set('answer', Memo.Entry.new_int64(2 ** 62))
    check(cache.lookup('answer').get_int64() == 2 ** 62, 'a number')

    check(cache.delete('greeting') and not cache.delete('greeting'), 'deleted once, and then there is none')
    check(cache.lookup('greeting') is None, 'gone after the delete')

    get(cache, 'user:3', loader)
    check(cache.contains('user:3'), 'user:3 is there, with the tag users')
    cache.invalidate_tags(['users'])
    check(not cache.contains('user:1') and not cache.contains('user:3') and cache.contains('answer'),
          'the tag invalidated: the users are gone and the rest is not')


def refreshing(cache):
    print('Force refresh')
    stock = {'left': 8}

    def load(call, data):
        if data['left'] is None:
            raise ValueError('nobody counted')
        return Memo.Entry.new_int64(data['left'])

    loader = Memo.Loader.new(answering(load), stock)
    check(get(cache, 'stock', loader).get_int64() == 8, 'eight are left')
    stock['left'] = 5
    check(get(cache, 'stock', loader).get_int64() == 8, 'five, but a get says eight')
    check(get(cache, 'stock', loader, Memo.GetFlags.REFRESH).get_int64() == 5, 'a refresh says five')
    stock['left'] = None
    error = error_of(cache, 'stock', loader, Memo.GetFlags.REFRESH)
    check(error.matches(Memo.Error.quark(), Memo.Error.FAILED), f'a refresh fails: {error.message}')
    check(cache.lookup('stock').get_int64() == 5, 'the entry is as it was: five')


def failing(cache):
    print('Errors')

    def refuse(call, data):
        raise GLib.Error.new_literal(Gio.io_error_quark(), 'the shop is closed', Gio.IOErrorEnum.BUSY)

    error = error_of(cache, 'refused', Memo.Loader.new(answering(refuse), None))
    check(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY), f'of the loader: {error.message}')

    error = error_of(cache, 'dropped', Memo.Loader.new(lambda call, data: None, None))
    check(error.matches(Memo.Error.quark(), Memo.Error.ABANDONED), 'of a call that was dropped unanswered')


def constants():
    print('Constants')
    check(Memo.TTL_DEFAULT == -1.0, 'TTL_DEFAULT is -1.0')
    check(Memo.TTL_FOREVER == math.inf, 'TTL_FOREVER is infinite')
    check(Memo.UNLIMITED == 4294967295, 'UNLIMITED is 4294967295')
    check(Memo.AsyncCache.new(Memo.UNLIMITED, Memo.TTL_FOREVER).props.maxsize == 4294967295,
          'and a cache can be made of them')


def counting(cache):
    metrics = cache.get_metrics()
    print('Metrics')
    for name in ('hits', 'misses', 'coalesced', 'loads', 'load_failures', 'invalidations', 'size'):
        print(f'  {name:14}{getattr(metrics, name):4}')
    print(f'  {"hit_rate":14}{metrics.hit_rate:8.3f}')
    check(metrics.loads == 9 and metrics.coalesced == 99, 'as many loads as loaders were called')


def main():
    cache = Memo.AsyncCache.new(1000, 300.0)
    loader = getting(cache)
    keeping(cache, loader)
    refreshing(cache)
    failing(cache)
    constants()
    counting(cache)
    sys.exit(1 if failures else 0)


main()
