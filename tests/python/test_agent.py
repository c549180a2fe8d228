# SPDX-License-Identifier: LGPL-2.1-or-later
"""AgentCache and AgentCacheInvalidator: scopes, resources, brackets."""
import asyncio
import enum
import gc
import pathlib
import threading
import uuid
import weakref

import pytest

from agent_world import World
from libcache import AgentCache, AgentCacheInvalidator, AgentCacheSession, AgentPrincipal, Error, add_resources


class Kind(enum.Enum):
    DRAFT = 'draft'


# --- scopes ---

def test_a_global_result_is_for_all_sessions_and_dropped_for_all(run):
    async def main():
        world = World()
        async with AgentCacheSession('first'):
            assert await world.read_file('a.txt') == await world.read_file(path='a.txt') == 'one'
        async with AgentCacheSession('second'):
            assert await world.read_file('a.txt') == 'one'
            assert world.calls == ['a.txt']
            assert await world.write_file('a.txt', text='new') == 'wrote a.txt'
        assert await world.read_file('a.txt') == 'new'
        await world.read_file('b.txt')
        await world.write_file('a.txt', 'newer')
        await world.read_file('b.txt')
        assert world.calls == ['a.txt', 'a.txt', 'b.txt']
    run(main())


def test_a_session_result_is_its_own_and_goes_with_it(run):
    async def main():
        world = World()
        async with AgentCacheSession('same') as outer:
            assert await world.notes() == 1
            async with AgentCacheSession('same') as inner:
                assert AgentCacheSession.current() is inner
                assert await world.notes() == 2
                await world.add_note('in the inner one')
                assert await world.notes() == 3
            assert AgentCacheSession.current() is outer
            assert await world.notes() == 1
        assert AgentCacheSession.current() is None and outer.closed
        async with AgentCacheSession('same'):
            assert await world.notes() == 4
    run(main())


def test_what_is_about_a_session_needs_one(run):
    async def main():
        world = World()
        for call in (world.notes, lambda: world.add_note('x')):
            with pytest.raises(Error, match='AgentCacheSession') as caught:
                await call()
            assert caught.value.code == Error.NO_SESSION

        @AgentCache()
        async def for_all():
            return await world.notes()

        async with AgentCacheSession():
            with pytest.raises(Error) as caught:
                await for_all()
            assert caught.value.code == Error.NO_SESSION
        assert world.calls == []
    run(main())


def test_tasks_that_are_started_inside_belong_to_the_session(run):
    async def main():
        world = World()
        gate = asyncio.Event()

        async def agent(name):
            async with AgentCacheSession(name):
                first = asyncio.ensure_future(world.notes())
                gate.set()
                return await asyncio.gather(first, world.notes(), world.notes())

        ones, twos = await asyncio.gather(agent('one'), agent('two'))
        assert len(set(ones)) == len(set(twos)) == 1 and ones[0] != twos[0]
        assert world.calls == ['notes', 'notes']
    run(main())


def test_principals_share_nothing(run):
    async def main():
        world = World()
        anna, berta = AgentPrincipal('anna'), AgentPrincipal('berta')
        for principal in (anna, berta, anna):
            async with AgentCacheSession(principal=principal) as session:
                assert session.principal is principal
                await world.read_file('a.txt')
        assert world.calls == ['a.txt', 'a.txt']
        assert anna.get_metrics().hits == 1 and berta.get_metrics().hits == 0

        async with AgentCacheSession(principal=anna):
            assert world.read_file.get_metrics().hits == 1
            world.read_file.clear_cache()
            await world.read_file('a.txt')
        anna.invalidate_resources('file:a.txt')
        async with AgentCacheSession(principal=anna):
            await world.read_file('a.txt')
        assert len(world.calls) == 4

        gone = weakref.ref(berta)
        del berta, principal, session
        gc.collect()
        assert gone() is None
    run(main())


# --- resources ---

def test_resources_have_arguments_by_name_and_by_position_however_they_are_given(run):
    async def main():
        calls = []

        class Shop:
            @AgentCache(resource=['user:{user_id}', 'price:{1}', 'kind:{kind}'], skip_args=1)
            async def get(self, user_id, price=7, *, kind='x'):
                calls.append(user_id)

        touched = {}
        for name, resource in {'user': 'user:{0}', 'price': 'price:{0}', 'kind': 'kind:{0}'}.items():
            @AgentCacheInvalidator(resource=resource, name=f'touch_{name}')
            async def touch(value):
                pass
            touched[name] = touch

        shop = Shop()
        for change, value, drops in [('user', 42, True), ('user', '42', True), ('user', 43, False), ('price', 7, True),
                                     ('price', 8, False), ('kind', 'x', True), ('kind', 'X', False)]:
            await shop.get(42)
            calls.clear()
            await touched[change](value)
            await shop.get(user_id=42, kind='x')
            assert calls == ([42] if drops else []), (change, value)
    run(main())


def test_resources_of_the_rest_of_the_arguments(run):
    async def main():
        calls = []

        @AgentCache(resource=['a:{1}', 'b:{extra}'])
        async def read(first, *rest, **more):
            calls.append(first)

        await read(1, 'two', extra='three')
        default = AgentPrincipal()
        assert default.name == ''
        await read(1, 'two', extra='three')
        assert calls == [1]
        with pytest.raises(Error, match='extra') as caught:
            await read(1, 'two')
        assert caught.value.code == Error.INVALID_RESOURCE
    run(main())


def test_paths_enumerations_and_uuids_are_what_their_texts_are(run):
    async def main():
        calls = []
        number = uuid.UUID(int=5)

        @AgentCache(resource='it:{it}')
        async def read(it):
            calls.append(it)

        @AgentCacheInvalidator(resource='it:{it}')
        async def change(it):
            pass

        for value, text in [(pathlib.Path('a b.txt'), 'a b.txt'), (Kind.DRAFT, 'draft'), (number, str(number)), (1, '1'),
                            (None, None), (True, True), (2.5, 2.5), (b'x', b'x'), ([1, 'a'], [1, 'a']), ((1,), (1,))]:
            await read(value), await read(value)
            assert len(calls) == 1, value
            await change(text)
            await read(value)
            assert len(calls) == 2, value
            calls.clear()
    run(main())


@pytest.mark.one_loop
def test_what_is_wrong_is_said_when_the_function_is_decorated(run):
    async def read(path, *, mode='r'):
        pass

    for resource, message in [('file:{name}', 'no argument of read'), ('file:{1}', 'argument 1'), ('file{path}', 'beginning'),
                              ('file:{path}x', 'end'), ('', 'empty'), ('file:{', 'written'), ('a:{}', '{0}'),
                              ('a:{path.name}', 'no argument'), ('a:{path:>5}', 'more than a name'), (['a', 'b:{c}'], '“c”')]:
        for decorator in (AgentCache, AgentCacheInvalidator):
            with pytest.raises(ValueError) as caught:
                decorator(resource=resource)(read)
            assert message in str(caught.value)

    for wrong in (lambda: AgentCache(scope='all'), lambda: AgentCache(ttl=-1), lambda: AgentCache(maxsize=-1),
                  lambda: AgentCache(volatile_args=['nope'])(read), lambda: AgentCacheSession(on_loop='stop'),
                  lambda: AgentCacheSession(max_tool_repeats=0), lambda: AgentCacheSession(loop_detection='maybe'),
                  lambda: AgentCache(name='a(b)')(read)):
        with pytest.raises(ValueError):
            wrong()
    for wrong in (lambda: AgentCache(resource=[5])(read), lambda: AgentCache(describe=5), lambda: AgentCache('x')(5),
                  lambda: AgentCacheSession(5), lambda: AgentCacheSession(principal='anna'), lambda: AgentPrincipal(None),
                  lambda: AgentPrincipal(cache=5), lambda: AgentCache(version=2), lambda: AgentCacheSession(max_calls='9')):
        with pytest.raises(TypeError):
            wrong()


def test_resources_that_are_known_only_when_the_tool_runs(run):
    async def main():
        world = World()
        calls = []

        @AgentCache()
        async def search(text):
            calls.append(text)
            for path in sorted(world.files):
                add_resources(f'file:{path}')
            return [path for path, content in world.files.items() if text in content]

        assert await search('tw') == ['b.txt']
        await world.write_file('c.txt', 'three')
        assert await search('tw') == ['b.txt'] and calls == ['tw']
        await world.write_file('a.txt', 'twelve')
        assert await search('tw') == ['a.txt', 'b.txt']

        @AgentCacheInvalidator()
        async def change():
            add_resources('file:a.txt')

        for call in (change(), asyncio.to_thread(add_resources, 'x')):
            with pytest.raises(RuntimeError, match='AgentCache'):
                await call
    run(main())


# --- brackets ---

def test_rule_18_what_is_read_during_a_change_is_not_kept(run, settle, held):
    async def main():
        world = World()
        gate = held('done')

        @AgentCacheInvalidator(resource='file:{path}')
        async def slow_write(path):
            await gate()
            world.files[path] = 'new'

        async with AgentCacheSession():
            await world.read_file('a.txt')
            changing = asyncio.ensure_future(slow_write('a.txt'))
            await gate.started()
            assert await world.read_file('a.txt') == await world.read_file('a.txt') == 'one'
            assert len(world.calls) == 3
            gate.release()
            await changing
            assert await world.read_file('a.txt') == await world.read_file('a.txt') == 'new'
            assert len(world.calls) == 4
    run(main())


def test_a_change_in_a_thread_closes_its_bracket_when_it_is_over(run, settle):
    async def main():
        world = World()
        began, goes_on = threading.Event(), threading.Event()

        @AgentCacheInvalidator(resource='file:{path}')
        def write_in_thread(path):
            began.set()
            assert goes_on.wait(30)
            world.files[path] = 'new'

        changing = asyncio.ensure_future(write_in_thread('a.txt'))
        await asyncio.to_thread(began.wait)
        changing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changing
        await world.read_file('a.txt'), await world.read_file('a.txt')
        assert len(world.calls) == 2
        goes_on.set()
        while world.files['a.txt'] != 'new':
            await asyncio.sleep(0)
        await settle()
        assert await world.read_file('a.txt') == await world.read_file('a.txt') == 'new'
        assert len(world.calls) == 3
    run(main())
