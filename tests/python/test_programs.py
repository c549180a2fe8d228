# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whole programs: how they end, what they cost when they have nothing to do, and what they leave behind."""
import pathlib
import signal
import subprocess
import sys

import pytest

LOOPS = {
    'asyncio': '',
    'uvloop': 'import uvloop; uvloop.install()\n',
    'glib': 'import gbulb; gbulb.install()\n',
}


@pytest.fixture(params=LOOPS)
def loop(request):
    """The lines that choose an event loop."""
    if request.param != 'asyncio':
        pytest.importorskip({'glib': 'gbulb'}.get(request.param, request.param))
    return LOOPS[request.param]


PROGRAM = '''
import asyncio, sys
from libcache import AsyncCache, AsyncLRU, AsyncTTL

cache = AsyncCache(default_ttl=60)

@AsyncTTL(time_to_live=60)
async def read(x):
    return object()

async def load():
    return object()

async def never():
    await asyncio.Event().wait()
'''


def test_nothing_is_printed_at_the_end(program, loop):
    done = program(loop + PROGRAM + '''
async def main():
    for i in range(100):
        await cache.get(i, load)
        await read(i)
    # One that is under way when the program ends, and one in a thread.
    asyncio.ensure_future(cache.get('never', never))
    asyncio.ensure_future(cache.get('batch', batch_loader=lambda keys: never()))
    await asyncio.sleep(0.01)

asyncio.run(main())
asyncio.run(main())
''')
    assert (done.stdout, done.stderr) == ('', '')


def test_a_program_without_a_loop_sets_and_deletes(program):
    done = program(PROGRAM + '''
cache.set('key', object())
assert 'key' in cache and cache.delete('key') and len(cache) == 0
try:
    cache.get('key').send(None)
except StopIteration as found:
    assert False
except RuntimeError as error:
    print(error)
''')
    assert (done.stdout, done.stderr) == ('no running event loop\n', '')


def test_ctrl_c(loop):
    with subprocess.Popen([sys.executable, '-c', loop + PROGRAM + '''
async def main():
    print('ready', flush=True)
    await cache.get('key', never)

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print('interrupted')
'''], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == 'ready\n'
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    assert stdout == 'interrupted\n', stderr
    assert process.returncode == 0


def test_an_idle_program_uses_no_cpu(program, loop):
    done = program(loop + PROGRAM + '''
import time

async def main():
    for i in range(10):
        await cache.get(i, load)
    waiting = asyncio.ensure_future(cache.get('never', never))
    await asyncio.sleep(0.1)
    before = time.process_time(), time.monotonic()
    await asyncio.sleep(2)
    print((time.process_time() - before[0]) / (time.monotonic() - before[1]))
    waiting.cancel()

asyncio.run(main())
''')
    # A timer that ticks every millisecond, or a descriptor that stays readable, is far above.
    assert float(done.stdout) < 0.005


def test_gtk_style_programs_run_asyncio_inside_their_main_loop(program):
    pytest.importorskip('gbulb')
    done = program('''
import asyncio
import gbulb
gbulb.install()
''' + PROGRAM + '''
from gi.repository import GLib

ticks = []
loop = asyncio.get_event_loop()

async def main():
    # Sources of GLib's and tasks turn in the same main loop.
    value = await cache.get('key', load)
    while len(ticks) < 3:
        await asyncio.sleep(0.001)
    assert await cache.get('key') is value
    assert GLib.main_depth() == 1
    loop.stop()

GLib.timeout_add(5, lambda: ticks.append(1) or True)
task = loop.create_task(main())
loop.run_forever()
task.result()
print('done')
''')
    assert (done.stdout, done.stderr) == ('done\n', '')


def test_a_fork_has_caches_of_its_own(program):
    done = program(PROGRAM + '''
import os

async def main():
    own = AsyncCache(default_ttl=60)
    assert await own.get('key', load) is await own.get('key', load)

asyncio.run(main())
child = os.fork()
asyncio.run(main())
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
''')
    assert (done.stdout, done.stderr) == ('', '')


def test_awaits_leave_nothing_behind():
    done = subprocess.run([sys.executable, pathlib.Path(__file__).with_name('memory.py'), '50000', '10000'],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
