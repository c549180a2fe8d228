# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the Python package have in common: the event loops in which they run, and a clock."""
import asyncio
import gc
import subprocess
import sys
import warnings

import gi
import pytest

gi.require_version('Memo', '1')
from gi.repository import Memo  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line('markers', 'one_loop: what does not depend on the kind of event loop')


def _glib_policy():
    with warnings.catch_warnings():
        # What it is made of is older than this Python.
        warnings.simplefilter('ignore', DeprecationWarning)
        gbulb = pytest.importorskip('gbulb')
    return gbulb.GLibEventLoopPolicy()


LOOPS = {
    'asyncio': asyncio.DefaultEventLoopPolicy,
    'uvloop': lambda: pytest.importorskip('uvloop').EventLoopPolicy(),
    'glib': _glib_policy,
}


def pytest_generate_tests(metafunc):
    if 'run' in metafunc.fixturenames:
        one = metafunc.definition.get_closest_marker('one_loop') is not None
        metafunc.parametrize('run', ['asyncio'] if one else list(LOOPS), indirect=True)


@pytest.fixture
def run(request):
    """Runs a coroutine in a new event loop, of each kind in turn; nothing may be left or complained about."""
    asyncio.set_event_loop_policy(LOOPS[request.param]())
    complaints = []

    async def watched(coroutine):
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        return await asyncio.wait_for(coroutine, 60)

    def runner(coroutine):
        result = asyncio.run(watched(coroutine))
        gc.collect()
        assert not complaints
        return result

    yield runner
    asyncio.set_event_loop_policy(None)


@pytest.fixture
def clock():
    """A clock that stands still until the test moves it."""
    return Memo.ManualClock.new()


class Held:
    """A loader that answers when it is told to, and counts how often it is asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = 0
        self.cancelled = 0
        self._started = asyncio.Semaphore(0)
        self._released = asyncio.Semaphore(0)

    async def __call__(self, *args):
        self.calls += 1
        self._started.release()
        try:
            await self._released.acquire()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def started(self):
        """Waits until it is asked once more."""
        await self._started.acquire()

    def release(self, times=1):
        """Lets one call answer."""
        for _ in range(times):
            self._released.release()


@pytest.fixture
def held():
    """Makes loaders that answer when they are told to."""
    return Held


async def _settle():
    for _ in range(20):
        await asyncio.sleep(0)
        # What is posted to a main context comes by way of a descriptor.
        await asyncio.sleep(0.001)


@pytest.fixture
def settle():
    """Lets everything happen that can."""
    return _settle


@pytest.fixture
def program():
    """Runs a program of its own, and gives what it printed."""
    def run_program(text, *, timeout=60, check=True, **options):
        done = subprocess.run([sys.executable, '-c', text], timeout=timeout, capture_output=True, text=True, **options)
        if check:
            assert done.returncode == 0, done.stderr
        return done
    return run_program
