# SPDX-License-Identifier: LGPL-2.1-or-later
"""The override of the namespace: `from gi.repository import Memo` by itself."""
import asyncio

import pytest
from gi.repository import Gio, GLib, GObject, Memo


def loader(function):
    """A loader, in the way of those who do without the package."""
    return Memo.Loader.new_with_closure(lambda call: call.return_entry(function(call)))


def test_functions_can_be_awaited(run):
    async def main():
        cache = Memo.AsyncCache(maxsize=10)
        entry = await cache.get_async('key', Memo.GetFlags.NONE, loader(lambda call: Memo.Entry.new_string(call.get_key())))
        assert entry.value == 'key'
        assert await cache.get_async('other', Memo.GetFlags.NONE) is None
        assert await cache.set_async('key', Memo.Entry.new_int64(5)) is True
        assert cache.lookup('key').value == 5
        assert await cache.delete_async('key') is True
        assert await cache.clear_async() and await cache.invalidate_tags_async(['tag']) and await cache.flush_async()

        mutation = Memo.Mutation.new(cache)
        mutation.add_key('key')
        assert await mutation.begin_async()
        assert mutation.is_open()
        assert await mutation.end_async()

        function = Memo.AsyncLru.new('f', lambda call, data: call.return_entry(Memo.Entry.new_variant(call.get_args())), None)
        assert (await function.call_async(GLib.Variant('(i)', (1,)), Memo.GetFlags.NONE)).value == (1,)
        await cache.close_async()
    run(main())


def test_with_a_callback_they_are_what_they_were():
    results = []
    cache = Memo.AsyncCache()
    cache.get_async('key', Memo.GetFlags.NONE, None, None, lambda source, result: results.append(source.get_finish(result)))
    cache.get_async('key', Memo.GetFlags.NONE, None, None, lambda source, result, data: results.append(data), 'data')
    while len(results) < 2:
        GLib.MainContext.default().iteration(True)
    assert results == [None, 'data']


def test_a_wait_is_cancelled_with_its_task_and_by_its_cancellable(run, settle):
    async def main():
        cache, calls, cancellable = Memo.AsyncCache(), [], Gio.Cancellable()
        kept = Memo.Loader.new_with_closure(calls.append)
        first = asyncio.ensure_future(cache.get_async('key', Memo.GetFlags.NONE, kept))
        second = asyncio.ensure_future(cache.get_async('key', Memo.GetFlags.NONE, kept, cancellable))
        await settle()
        first.cancel()
        cancellable.cancel()
        with pytest.raises(GLib.Error) as caught:
            await second
        assert caught.value.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
        await settle()
        assert calls[0].get_cancellable().is_cancelled()
        calls[0].return_nothing()
    run(main())


def test_errors(run):
    async def main():
        cache = Memo.AsyncCache()
        await cache.close_async()
        with pytest.raises(Memo.Error) as caught:
            await cache.get_async('key', Memo.GetFlags.NONE)
        error = caught.value
        assert isinstance(error, GLib.Error)
        assert error.code == Memo.Error.CLOSED and error.matches(Memo.Error.quark(), Memo.Error.CLOSED)
        with pytest.raises(Memo.Error, match='disk'):
            Memo.Backend.new_for_uri('nowhere:')
        with pytest.raises(Memo.Error):
            Memo.VariantCodec.new().decode_bytes(GLib.Bytes.new(b'nonsense'))

        def refuse(call):
            call.return_error(Memo.Error('of a loader', code=Memo.Error.BUSY))

        with pytest.raises(Memo.Error, match='of a loader') as caught:
            await Memo.AsyncCache().get_async('key', Memo.GetFlags.NONE, Memo.Loader.new_with_closure(refuse))
        assert caught.value.code == Memo.Error.BUSY
    run(main())


@pytest.mark.parametrize('entry, value', [
    (lambda: Memo.Entry.new_string('text'), 'text'),
    (lambda: Memo.Entry.new_int64(2 ** 62), 2 ** 62),
    (lambda: Memo.Entry.new_double(1.5), 1.5),
    (lambda: Memo.Entry.new_boolean(True), True),
    (lambda: Memo.Entry.new_bytes(GLib.Bytes.new(b'a\0b')), b'a\0b'),
    (lambda: Memo.Entry.new_variant(GLib.Variant('(sayv)', ('x', b'raw', GLib.Variant('i', 1)))), ('x', b'raw', 1)),
    (lambda: Memo.Entry.new(None), None),
    (lambda: Memo.Entry.new(GObject.Value(GObject.TYPE_PYOBJECT, 2 ** 70)), 2 ** 70),
])
def test_values(entry, value):
    assert entry().value == value and type(entry().value) is type(value)
