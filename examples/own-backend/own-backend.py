#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A backend of one's own: this program registers it, and then knows the URI of it and nothing else."""
import asyncio
import sys

import shelf_backend
from gi.repository import GLib, Memo
from libcache import Error

all_right = True


def check(condition, what):
    """Prints what is so, or complains that it is not."""
    global all_right
    all_right &= condition
    print(f'  {"" if condition else "NOT "}{what}')


async def load(backend, key):
    """What is there, or None."""
    found = await backend.load_async(key)
    return found.get_data() if found is not None else None


async def store(backend, key, content):
    await backend.store_async(key, GLib.Bytes.new(content), Memo.TTL_FOREVER, False)


async def store_and_load(backend, key, content):
    await store(backend, key, content)
    return await load(backend, key)


async def remove_and_load(backend, key, only):
    await backend.remove_async(key, GLib.Bytes.new(only))
    return await load(backend, key)


async def keep(backend):
    check(await load(backend, 'key') is None, 'at first there is nothing, which is no error')
    check(await store_and_load(backend, 'key', b'content') == b'content', 'stored, and found')
    check(await store_and_load(backend, 'key', b'new') == b'new', 'replaced')
    check(await remove_and_load(backend, 'key', b'old') == b'new', 'not removed: it is another one')
    check(await remove_and_load(backend, 'key', b'new') is None, 'removed')

    for key in ('one', 'two', 'three'):
        await store(backend, key, b'content')
    try:
        await store(backend, 'four', b'content')
        message = None
    except Error as error:
        message = error.message
    check(message is not None, 'an error:')
    print(f'    {message}')
    await backend.clear_async()
    check(await load(backend, 'one') is None, 'cleared')


async def end(backend):
    check(await backend.close_async(), 'closed')
    try:
        await load(backend, 'key')
        code = None
    except Error as error:
        code = error.code
    check(code == Error.CLOSED, 'and nothing more is to be had')


def mistake(uri, code):
    try:
        Memo.Backend.new_for_uri(uri)
        failure = None
    except GLib.Error as error:
        failure = error
    check(failure is not None and failure.matches(Error.quark(), code), uri)
    if code == Error.INVALID_URI:
        print(f'    {failure.message}')


async def main():
    # [new]
    shelf_backend.register()
    backend = Memo.Backend.new_for_uri('shelf:?room=3')
    # [/new]

    print('A backend that a URI names')
    check('shelf' in Memo.Backend.list_schemes(), 'it is listed')
    await keep(backend)
    await end(backend)

    print('What is not to be had')
    mistake('shelf:?room=none', Error.INVALID_URI)
    mistake('no URI', Error.INVALID_URI)
    mistake('cellar:', Error.NO_BACKEND)
    return all_right


sys.exit(0 if asyncio.run(main()) else 1)
