# SPDX-License-Identifier: LGPL-2.1-or-later
"""AgentCache, AgentCacheInvalidator and AgentCacheSession: how the cache for agents looks in Python.

What the detectors find is proved where they are written, in C; here it is shown that all of it is reached.
"""
import asyncio
import enum
import gc
import inspect
import pathlib
import pickle
import threading
import uuid
import weakref

import pytest

from libcache import (MISS, AgentCache, AgentCacheInvalidator, AgentCacheSession, AgentLoopDetectedError, AgentPrincipal,
                      AsyncCache, Backend, DiskBackend, Error, add_resources)


class Kind(enum.Enum):
    DRAFT = 'draft'


class World:
    """What tools read and change, with a count of how often each was called."""

    def __init__(self):
        self.files = {'a.txt': 'one', 'b.txt': 'two'}
        self.calls = []

        @AgentCache(resource='file:{path}')
        async def read_file(path):
            self.calls.append(path)
            return self.files[path]

        @AgentCacheInvalidator(resource='file:{path}')
        async def write_file(path, text):
            self.files[path] = text
            return f'wrote {path}'

        @AgentCache(resource='notes', scope='session')
        async def notes():
            self.calls.append('notes')
            return len(self.calls)

        @AgentCacheInvalidator(resource='notes', scope='session')
        async def add_note(text):
            return text

        self.read_file, self.write_file, self.notes, self.add_note = read_file, write_file, notes, add_note


async def repeat(times, function, *args):
    """Calls a function again and again; gives how often it went well, and the error that ended it."""
    for n_done in range(times):
        try:
            await function(*args)
        except AgentLoopDetectedError as error:
            return n_done, error
    return times, None


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

    for resource, message in [('file:{paht}', 'no argument of read'), ('file:{1}', 'argument 1'), ('file{path}', 'beginning'),
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


# --- exceptions and cancelling ---

def test_exceptions_are_themselves_for_all_who_wait(run, held):
    async def main():
        raised = LookupError('no such file')
        load = held(raised)

        @AgentCache()
        async def fail(path):
            return await load()

        async with AgentCacheSession():
            waiting = [asyncio.ensure_future(fail('a')) for _ in range(3)]
            await load.started()
            load.release()
            assert await asyncio.gather(*waiting, return_exceptions=True) == [raised] * 3 and load.calls == 1

        @AgentCacheInvalidator()
        async def fail_to_change():
            raise raised

        with pytest.raises(LookupError) as caught:
            await fail_to_change()
        assert caught.value is raised
    run(main())


def test_a_task_that_is_cancelled_ends_its_own_wait_only(run, settle, held):
    async def main():
        load = held('value')

        @AgentCache()
        async def read(path):
            return await load()

        async with AgentCacheSession():
            first, second = asyncio.ensure_future(read('a')), asyncio.ensure_future(read('a'))
            await load.started()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            load.release()
            assert await second == 'value' and load.cancelled == 0

            alone = asyncio.ensure_future(read('b'))
            await load.started()
            alone.cancel()
            await settle()
            assert load.cancelled == 1
    run(main())


def test_a_session_that_is_closed_with_loads_in_flight(run, settle, held):
    async def main():
        load = held('value')

        @AgentCache(scope='session')
        async def own():
            return await load()

        @AgentCache()
        async def shared():
            return await load()

        async with AgentCacheSession('ends') as session:
            waiting = [asyncio.ensure_future(call()) for call in (own, shared)]
            await load.started(), await load.started()
        async with AgentCacheSession():
            goes_on = asyncio.ensure_future(shared())
            await settle()
            for result in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(result, Error) and result.code == Error.CLOSED
            assert load.cancelled >= 1
            load.release(4)
            assert await goes_on == 'value'

        session.close()
        with pytest.raises(Error, match='open another') as caught:
            async with session:
                pass
        assert caught.value.code == Error.CLOSED
    run(main())


def test_a_task_that_outlives_its_session_is_told_so(run, held):
    async def main():
        world = World()
        gate = asyncio.Event()

        async def late():
            await gate.wait()
            await world.read_file('a.txt')

        async with AgentCacheSession('over'):
            task = asyncio.ensure_future(late())
        gate.set()
        with pytest.raises(Error) as caught:
            await task
        assert caught.value.code == Error.CLOSED and world.calls == []
    run(main())


def test_a_session_is_entered_once(run):
    async def main():
        async with AgentCacheSession() as session:
            with pytest.raises(RuntimeError, match='before'):
                async with session:
                    pass
            assert not session.closed
    run(main())


# --- loops ---

def test_the_sixth_call_in_a_row_is_a_loop_and_not_executed(run):
    async def main():
        world = World()
        async with AgentCacheSession() as session:
            n_done, error = await repeat(9, world.read_file, 'a.txt')
            assert n_done == 5
            assert (error.detector, error.tool, error.count, error.cycle) == ('repeat', 'read_file', 6, ['read_file'])
            assert error.code == Error.AGENT_LOOP and isinstance(error, Error)
            assert 'read_file' in str(error) and str(error) == error.message
            again = pickle.loads(pickle.dumps(error))
            assert (str(again), again.cycle) == (str(error), error.cycle)
            assert session.get_metrics().loop_detections == 1
            assert await world.read_file('b.txt') == 'two'
        assert world.calls == ['a.txt', 'b.txt']
    run(main())


def test_limits_and_marked_progress(run):
    async def main():
        world = World()
        async with AgentCacheSession(max_tool_repeats=2) as session:
            assert (await repeat(9, world.read_file, 'a.txt'))[0] == 2
            session.mark_progress()
            assert (await repeat(9, world.read_file, 'a.txt'))[0] == 2
            await world.write_file('a.txt', 'other')
            assert (await repeat(9, world.read_file, 'a.txt'))[0] == 2
        async with AgentCacheSession(max_calls=3):
            for path in ('a.txt', 'b.txt', 'a.txt'):
                await world.read_file(path)
            assert (await repeat(1, world.read_file, 'b.txt'))[1].detector == 'budget'
        async with AgentCacheSession(loop_detection=False):
            assert (await repeat(30, world.read_file, 'a.txt'))[1] is None
        assert (await repeat(30, world.read_file, 'a.txt'))[1] is None
    run(main())


def test_on_loop_short_circuit_answers_with_what_is_remembered(run):
    async def main():
        world = World()

        @AgentCache(ttl=0)
        async def never_kept():
            return 'value'

        async with AgentCacheSession(on_loop='short-circuit') as session:
            assert (await repeat(9, world.read_file, 'a.txt'))[1] is None
            assert session.get_metrics().loop_detections == 4
            assert (await repeat(9, never_kept))[0] == 5
    run(main())


def test_on_loop_warn_says_it_once_and_goes_on(run, capfd):
    async def main():
        world = World()
        async with AgentCacheSession('warned', on_loop='warn') as session:
            for _ in range(9):
                await world.read_file('a.txt', use_cache=False)
            assert session.get_metrics().loop_detections == 4
        assert len(world.calls) == 9
    run(main())
    assert capfd.readouterr().err.count('warned') == 1


def test_on_loop_may_be_a_function(run):
    async def main():
        world = World()
        seen, answers = [], [None, 'short-circuit', 'raise', 'nonsense']

        def decide(error):
            seen.append(error.detector)
            return answers[len(seen) - 1]

        async with AgentCacheSession(on_loop=decide):
            n_done, error = await repeat(9, world.read_file, 'a.txt')
            assert n_done == 5 and seen == ['repeat']
            assert await world.read_file('a.txt') == 'one'
            with pytest.raises(AgentLoopDetectedError):
                await world.read_file('a.txt')
            # What is wrong with it comes out where the call is.
            with pytest.raises(ValueError, match='nonsense'):
                await world.read_file('a.txt')
    run(main())


def test_the_other_detectors(run):
    async def main():
        world = World()
        errors = [PermissionError('403 (request 17)'), PermissionError('403 (request 18)'), PermissionError('403 (request 19)')]

        @AgentCache()
        async def fetch(url):
            raise errors.pop()

        @AgentCache()
        async def busy():
            raise TimeoutError('slow')

        @AgentCache()
        async def plan(what):
            return await plan(what)

        @AgentCache()
        async def deeper(n):
            return await deeper(n + 1)

        async with AgentCacheSession(max_execution_depth=4):
            for _ in range(3):
                with pytest.raises(PermissionError):
                    await fetch('x')
            assert (await repeat(1, fetch, 'x'))[1].detector == 'retry-storm'

            # What may pass by itself may be tried more often.
            for _ in range(5):
                with pytest.raises(TimeoutError, match='slow'):
                    await busy()
            assert (await repeat(1, busy))[1].detector == 'retry-storm'

            for _ in range(3):
                await world.read_file('a.txt'), await world.read_file('b.txt')
            error = (await repeat(1, world.read_file, 'a.txt'))[1]
            assert (error.detector, error.cycle) == ('oscillation', ['read_file', 'read_file'])

            error = (await repeat(1, plan, 'the week'))[1]
            assert (error.detector, error.tool) == ('nesting', 'plan')
            error = (await repeat(1, deeper, 0))[1]
            assert (error.detector, error.count) == ('nesting', 5)
            # Side by side is not deep.
            await asyncio.gather(*(world.read_file(path) for path in 'a.txt b.txt a.txt'.split()))

        with pytest.raises(Error) as caught:
            async with AgentCacheSession(loop_detection=False):
                await plan('the week')
        assert caught.value.code == Error.RECURSION
    run(main())


def test_polls_repeatables_and_arguments_that_do_not_count(run):
    async def main():
        pages, polls, numbers = [], [], []

        @AgentCache(poll=True)
        async def status():
            polls.append(None)
            return 'running'

        @AgentCache(repeatable=True, ttl=0)
        async def next_page():
            pages.append(None)
            return len(pages) // 100

        @AgentCache(volatile_args=['request', 1, 'trace'])
        async def read(path, when=0, *, request, **more):
            numbers.append((path, when, request, more))

        async with AgentCacheSession():
            assert (await repeat(30, status))[1] is None and len(polls) == 30
            assert (await repeat(30, next_page))[1] is None and len(pages) == 30
            for n in range(5):
                await read('a', n, request=n, trace=n)
            with pytest.raises(AgentLoopDetectedError):
                await read('a', 5, request=5, trace=5)
            await read('a', 1, request=1, other=1)
        # The function gets them all the same.
        assert numbers == [('a', 0, 0, {'trace': 0}), ('a', 1, 1, {'other': 1})]
    run(main())


def test_outcomes_are_the_same_when_their_values_are(run):
    class Opaque:
        def __reduce__(self):
            raise TypeError('cannot be pickled')

    async def main():
        values = {'equal': lambda n: {'a': [1, 'x']}, 'differs': lambda n: {'a': n}, 'opaque': lambda n: Opaque(),
                  'page': lambda n: f'at {n}: nothing', 'described': lambda n: f'at {n}: nothing'}
        calls = []

        async def main_of(name, **options):
            @AgentCache(ttl=0, **options)
            async def read():
                calls.append(None)
                return values[name](len(calls))

            async with AgentCacheSession():
                return (await repeat(30, read))[0]

        assert await main_of('equal') == 5
        assert await main_of('differs') == 20
        assert await main_of('opaque') == 20
        assert await main_of('page') == 20
        assert await main_of('described', describe=lambda text: text.partition(':')[2]) == 5
    run(main())


# --- tools that call tools ---

def test_what_is_made_of_another_result_is_dropped_with_it(run):
    async def main():
        world = World()
        counted = []

        @AgentCache()
        async def count_letters(path):
            counted.append(path)
            return len(await world.read_file(path))

        async with AgentCacheSession():
            assert await count_letters('a.txt') == await count_letters('a.txt') == 3
            await world.write_file('b.txt', 'x')
            await count_letters('a.txt')
            assert len(counted) == 1
            await world.write_file('a.txt', 'three')
            assert await count_letters('a.txt') == 5
    run(main())


def test_a_tool_may_have_an_agent_of_its_own(run):
    async def main():
        world = World()

        @AgentCache()
        async def delegate():
            async with AgentCacheSession('the one of the tool'):
                await world.add_note('x')
                return await world.notes()

        async with AgentCacheSession() as session:
            assert await delegate() == 1
            assert AgentCacheSession.current() is session
            assert await world.notes() == 2
    run(main())


def test_a_load_that_begins_when_who_asked_has_gone_is_in_the_session_of_that_one(run, settle):
    class SlowTier(Backend):
        def __init__(self):
            super().__init__()
            self.asked, self.answers = asyncio.Event(), asyncio.Event()

        async def load(self, key):
            self.asked.set()
            await self.answers.wait()

        async def store(self, key, data, ttl):
            pass

        async def remove(self, key, only=None):
            pass

        async def clear(self):
            pass

    async def main():
        world = World()
        seen = []

        @AgentCache()
        async def which(path):
            seen.append(AgentCacheSession.current())
            with pytest.raises(Error) as caught:
                await world.notes()
            assert caught.value.code == Error.NO_SESSION
            return path

        tier = SlowTier()
        async with AsyncCache(backup=tier, tier_timeout=None) as cache:
            principal = AgentPrincipal('anna', cache=cache)
            async with AgentCacheSession('first', principal=principal) as session:
                first = asyncio.ensure_future(which('a'))
                await tier.asked.wait()
                async with AgentCacheSession('second', principal=principal):
                    second = asyncio.ensure_future(which('a'))
                    await settle()
                    first.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await first
                    tier.answers.set()
                    assert await second == 'a'
        # What is for all is not made of the data of the session that happened to wait.
        assert seen == [session] and world.calls == []
    run(main())


# --- the rest ---

@pytest.mark.one_loop
def test_names_docstrings_and_signatures_are_kept(run):
    @AgentCache
    async def read_file(path: str, *, mode='r') -> str:
        """Read a file."""

    @AgentCacheInvalidator('file:{path}', name='write')
    async def write_file(path: str):
        """Write a file."""

    for function in (read_file, write_file):
        assert inspect.iscoroutinefunction(function)
        assert function.__doc__.endswith('a file.') and function.__module__ == __name__
        assert 'path: str' in str(inspect.signature(function))
    assert read_file.__name__ == 'read_file' and repr(read_file) == '<AgentCache read_file>'
    assert repr(write_file) == '<AgentCacheInvalidator write>'
    assert 'resource' in str(inspect.signature(AgentCache)) and 'self' not in str(inspect.signature(AgentCache))


def test_methods_and_results_by_hand(run):
    class Files:
        n_calls = 0

        @AgentCache(resource='file:{path}', skip_args=1, maxsize=2)
        async def read(self, path):
            Files.n_calls += 1
            return MISS if path == 'none' else path

    async def main():
        files = Files()
        assert await files.read('a') == await Files().read('a') == 'a' and Files.n_calls == 1
        assert await files.read('a', use_cache=False) == 'a' and Files.n_calls == 2
        files.read.invalidate_cache(path='a')
        await files.read('a')
        assert Files.n_calls == 3
        files.read.clear_cache()
        await files.read('a')
        assert await files.read('none') is None and await files.read('none') is None
        assert Files.n_calls == 6
        for path in 'bcd':
            await files.read(path)
        await files.read('a')
        assert Files.n_calls == 10
        metrics = files.read.get_metrics()
        assert (metrics.hits, metrics.misses, metrics.loads) == (1, 10, 10)
        assert metrics.hit_rate == 1 / 11 and metrics.invalidations == 2 and metrics.loop_detections == 0
    run(main())


def test_time_to_live(run, clock):
    async def main():
        calls = []

        @AgentCache(ttl=60)
        async def read():
            calls.append(None)

        principal = AgentPrincipal(clock=clock)
        async with AgentCacheSession(principal=principal):
            await read(), await read()
            clock.advance(59.999)
            await read()
            assert len(calls) == 1
            clock.advance(0.001)
            await read()
            assert len(calls) == 2
    run(main())


@pytest.mark.one_loop
def test_a_cache_with_a_tier_keeps_what_is_for_all(run, tmp_path):
    calls = []

    @AgentCache(resource='file:{path}')
    async def read(path):
        calls.append(path)
        return {'path': path, 'content': [1, 2]} if path != 'bad' else object()

    @AgentCacheInvalidator(resource='file:{path}')
    async def write(path):
        pass

    async def main(*paths, change=None):
        backup = DiskBackend(tmp_path / 'tools.db')
        async with AsyncCache(backup=backup) as cache:
            async with AgentCacheSession(principal=AgentPrincipal('anna', cache=cache)):
                for path in paths:
                    assert (await read(path))['content'] == [1, 2]
                if change:
                    await write(change)
                with pytest.raises(TypeError, match='plain data|object'):
                    await read('bad')
                del calls[calls.index('bad')]

    run(main('a', 'b'))
    run(main('a', 'b', change='a'))
    assert calls == ['a', 'b']
    run(main('a', 'b'))
    assert calls == ['a', 'b', 'a']

    async def twice():
        async with AsyncCache() as cache:
            principal = AgentPrincipal(cache=cache)

            def make():
                @AgentCache(name='the same')
                async def tool():
                    return 1
                return tool

            first, second = make(), make()
            async with AgentCacheSession(principal=principal):
                await first()
                with pytest.raises(ValueError, match='name='):
                    await second()
    run(twice())


def test_functions_of_one_name_are_not_mixed_up(run):
    async def main():
        def make(answer):
            @AgentCache
            async def tool():
                return answer
            return tool

        tools = [make(n) for n in range(3)]
        assert [await tool() for tool in tools] == [await tool() for tool in tools] == [0, 1, 2]
        async with AgentCacheSession():
            error = (await repeat(9, tools[2]))[1]
            assert error.tool == 'tool' and error.cycle == ['tool'] and '#' not in str(error)
    run(main())


@pytest.mark.one_loop
def test_what_a_function_answered_goes_with_it(run):
    class Value:
        pass

    async def main():
        @AgentCache
        async def tool():
            return Value()

        return weakref.ref(await tool()), weakref.ref(tool)

    # PyGObject keeps the last value that a thread was given.
    async def another():
        await World().read_file('a.txt'), await World().read_file('a.txt')

    left = run(main())
    run(another())
    gc.collect()
    assert [reference() for reference in left] == [None, None]


@pytest.mark.one_loop
def test_threads_with_a_loop_each_share_a_load(run):
    began, goes_on = threading.Event(), threading.Event()
    calls, answers = [], []

    @AgentCache
    def read():
        calls.append(None)
        began.set()
        assert goes_on.wait(30)
        return 'value'

    async def main():
        async with AgentCacheSession():
            answers.append(await read())

    threads = [threading.Thread(target=asyncio.run, args=(main(),)) for _ in range(3)]
    threads[0].start()
    assert began.wait(30)
    for thread in threads[1:]:
        thread.start()
    goes_on.set()
    for thread in threads:
        thread.join()
    assert answers == ['value'] * 3 and len(calls) == 1


@pytest.mark.one_loop
def test_nothing_is_left_of_calls(run):
    async def main():
        world = World()
        async with AgentCacheSession() as session:
            await world.read_file('a.txt')
            with pytest.raises(KeyError):
                await world.read_file('nowhere')
            with pytest.raises(TypeError):
                await world.read_file()
        assert all(not made.calls._waiting for made in world.read_file._made.values())
        return weakref.ref(session), weakref.ref(world.read_file)

    left = run(main())
    gc.collect()
    assert [reference() for reference in left] == [None, None]
