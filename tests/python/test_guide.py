# SPDX-License-Identifier: LGPL-2.1-or-later
"""The listings of docs/guide-python.md, taken from the page and run as they stand there.

What a listing says that it prints, after the print, is compared with what it does print; what
the text claims about queries and time is asserted here, a test a section.
"""
import ast
import asyncio
import contextlib
import functools
import io
import pathlib
import re
import shutil
import sqlite3
import sys
import types

import pytest

import libcache

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / 'docs' / 'guide-python.md'
LISTING = re.compile(r'^## (?P<title>.*?)$|^<!-- run: .*? -->\n```python\n(?P<code>.*?)^```$', re.MULTILINE | re.DOTALL)
CLAIM = re.compile(r'^\s*print\(.*\)\s+# (.*)$', re.MULTILINE)

sys.path.insert(0, str(ROOT / 'examples' / 'shop'))
from shop_db import ShopDb, ShopError  # noqa: E402


def read_listings():
    """The listing of each section."""
    listings, title = {}, None
    for match in LISTING.finditer(PAGE.read_text(encoding='utf-8')):
        title = match['title'] or title
        if match['code']:
            assert title not in listings
            listings[title] = match['code']
    return listings


LISTINGS = read_listings()


@pytest.fixture(scope='session')
def shop(tmp_path_factory):
    path = tmp_path_factory.mktemp('shop') / 'shop.db'
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript((ROOT / 'examples' / 'shop' / 'shop.sql').read_text(encoding='utf-8'))
    return path


class Guide:
    """Runs listings, with time standing still unless the test moves it."""

    def __init__(self, path):
        self.db = ShopDb(path)
        self.clock = libcache.ManualClock()
        self.is_moving = False

    def let_time_pass(self):
        """Within a listing, time goes on by itself, since nobody moves it."""
        self.is_moving = True

    async def move_time(self):
        while True:
            await asyncio.sleep(0)
            self.clock.advance(0.001)

    def run(self, title, afterwards):
        """Runs a listing, and then AFTERWARDS with what the listing has made, in one event loop."""
        code = compile(LISTINGS[title], f'{PAGE.name}: {title}', 'exec', flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        # A module, so that what is defined in it is at the top of something.
        module = types.ModuleType('guide')
        module.db = self.db
        printed = io.StringIO()

        async def main():
            mover = asyncio.ensure_future(self.move_time()) if self.is_moving else None
            with contextlib.redirect_stdout(printed):
                waiting = eval(code, vars(module))  # pylint: disable=eval-used
                # Not every listing waits for something.
                if waiting is not None:
                    await waiting
            if mover:
                mover.cancel()
            claims = [claim.strip() for claim in CLAIM.findall(LISTINGS[title])]
            assert printed.getvalue().splitlines() == claims and claims
            await afterwards(module)

        asyncio.run(main())


@pytest.fixture
def guide(shop, tmp_path, monkeypatch):
    # A copy, since some listings change something.
    guide = Guide(shutil.copy(shop, tmp_path))
    for name in ('AsyncCache', 'AsyncLRU', 'AsyncTTL'):
        monkeypatch.setattr(libcache, name, functools.partial(getattr(libcache, name), clock=guide.clock))
    return guide


def test_quick_start_of_the_function_api(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 2
        assert made.user['id'] == 1
        guide.clock.advance(299.999)
        await made.get_user(1)
        assert guide.db.n_queries == 2
        guide.clock.advance(0.001)
        await made.get_user(1)
        assert guide.db.n_queries == 3

        async def fail():
            raise LookupError('nobody')

        with pytest.raises(LookupError, match='nobody'):
            await made.cache.get('user:0', loader=fail)
        assert 'user:0' not in made.cache

    guide.run('Quick start: the function API', afterwards)


def test_quick_start_of_the_decorator_api(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 2
        guide.clock.advance(59.999)
        await made.Visitor().get_session('0012252d6fee085b')
        assert guide.db.n_queries == 2
        guide.clock.advance(0.001)
        await made.Visitor().get_session('0012252d6fee085b')
        await made.get_product(42)
        assert guide.db.n_queries == 3

    guide.run('Quick start: the decorator API', afterwards)


def test_thundering_herd(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 1
        assert all(answer is made.answers[0] for answer in made.answers)

        gets = [asyncio.ensure_future(made.cache.get('again', loader=made.load_best_sellers)) for _ in range(3)]
        await asyncio.sleep(0)
        gets[0].cancel()
        answers = await asyncio.gather(*gets, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError) and answers[1] is answers[2]
        assert answers[1] == made.answers[0] and guide.db.n_queries == 2

    guide.run('A thundering herd', afterwards)


def test_batches(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 1

        async def in_turns_of_five_milliseconds(*gets):
            gets = asyncio.gather(*gets, return_exceptions=True)
            await asyncio.sleep(0)
            guide.clock.advance(0.004999)
            await asyncio.sleep(0)
            assert not gets.done()
            guide.clock.advance(0.000001)
            return await gets

        chen, nobody = await in_turns_of_five_milliseconds(
            made.cache.get(8, batch_loader=made.load_users), made.cache.get(9999, batch_loader=made.load_users))
        assert chen['id'] == 8
        assert isinstance(nobody, libcache.Error) and nobody.code == libcache.Error.NOT_FOUND

        async def load_nobody(ids):
            return {user_id: libcache.MISS for user_id in ids}

        assert await in_turns_of_five_milliseconds(
            made.cache.get(9999, batch_loader=load_nobody, default='nobody')) == ['nobody']
        assert 9999 not in made.cache

    # Within the listing time has to pass by itself.
    guide.let_time_pass()
    guide.run('Batches', afterwards)


def test_warm_up(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 3
        await made.cache.warmup({'user:1': lambda: guide.db.get_user(1), 'user:2': lambda: guide.db.get_user(2)})
        assert guide.db.n_queries == 4

        together = asyncio.Barrier(2)

        async def meet():
            await together.wait()
            return 'met'

        # Who ran one after the other would wait for ever.
        await made.cache.warmup({'a': meet, 'b': meet})
        assert await made.cache.get('a') == await made.cache.get('b') == 'met'

    guide.run('Warm-up', afterwards)


def test_metrics(guide):
    async def afterwards(made):
        assert made.metrics == dict(made.metrics) and made.metrics['hit_rate'] == 0.5
        await made.cache.get(1)
        assert made.metrics.hits == 2 and made.cache.get_metrics().hits == 3

    guide.run('Metrics', afterwards)


def test_time_to_live_and_invalidation_by_hand(guide):
    async def afterwards(made):
        cache = made.cache
        cache.set('price', 9900)
        guide.clock.advance(299.999)
        assert 'price' in cache
        guide.clock.advance(0.001)
        assert 'price' not in cache and 'offer' in cache
        guide.clock.advance(3300)
        assert 'offer' not in cache
        guide.clock.advance(10 ** 9)
        assert await cache.get('name') == 'Bench'

        calls = []

        async def answer_none():
            calls.append(None)

        assert await cache.get('none', loader=answer_none) is None
        assert await cache.get('none', loader=answer_none, default='a miss') is None
        assert len(calls) == 1 and await cache.get('nowhere', default='a miss') == 'a miss'

        cache.clear()
        assert len(cache) == 0

    guide.run('Time to live, and invalidation by hand', afterwards)


def test_forced_refresh(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 2
        guide.db.execute('BEGIN EXCLUSIVE')
        with pytest.raises(ShopError, match='database is locked'):
            await made.get_product(42, use_cache=False)
        assert (await made.get_product(42))['price_cents'] == 11990
        guide.db.execute('COMMIT')

    guide.run('A forced refresh', afterwards)


def test_arguments_that_do_not_count(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 1
        assert made.UserService.get_user.key(made.first, 42) == made.second.get_user.key(42)

    guide.run('Arguments that do not count', afterwards)


def test_the_tools_of_an_agent(guide):
    async def afterwards(made):
        # The change is a query, too.
        assert made.get_user.get_metrics().loads == 2
        await made.set_email(42, 'ap@example.org')
        assert (await made.get_user(42))['email'] == 'ap@example.org'
        assert (await made.get_user(user_id=42))['email'] == 'ap@example.org'
        assert made.get_user.get_metrics().loads == 3

    guide.run('The tools of an agent', afterwards)


def test_what_is_one_sessions(guide):
    async def afterwards(made):
        with pytest.raises(libcache.Error) as caught:
            await made.get_cart()
        assert caught.value.code == libcache.Error.NO_SESSION
        async with libcache.AgentCacheSession('chat 1'):
            assert await made.get_cart() == [42]
        assert made.get_cart.get_metrics().loads == 4

    guide.run("What is one session's", afterwards)


def test_an_agent_that_goes_round_in_a_loop(guide):
    async def afterwards(made):
        assert guide.db.n_queries == 1 and made.session.closed
        async with libcache.AgentCacheSession(on_loop='short-circuit') as session:
            for _ in range(9):
                assert (await made.get_product(42))['id'] == 42
            assert session.get_metrics().loop_detections == 4
            session.mark_progress()
            await made.get_product(42)
            assert session.get_metrics().loop_detections == 4

    guide.run('An agent that goes round in a loop', afterwards)


def test_every_listing_of_the_page_has_a_test():
    source = pathlib.Path(__file__).read_text(encoding='utf-8')
    assert len(LISTINGS) == 12 and PAGE.read_text(encoding='utf-8').count('```python') == len(LISTINGS)
    assert all(f'guide.run({title!r}, afterwards)' in source for title in LISTINGS)
