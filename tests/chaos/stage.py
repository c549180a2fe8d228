# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server, the processes, and what lies between them."""
import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile

from proxy import Proxy
from server import Server, end_with_parent

# Whoever needs longer to come to an end hangs.
END_SECONDS = 120


class Broken(Exception):
    """A promise was broken, in words."""


class Child:
    """A process of the experiment."""

    def __init__(self, stage, slot, arguments, proxy=None):
        self.stage = stage
        self.slot = slot
        self.arguments = arguments
        self.proxy = proxy
        self.lock = asyncio.Lock()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [self.stage.program, '--source', self.stage.source, '--slot', str(self.slot), *self.arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_parent)

    def say(self, line):
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()

    async def hear(self, word):
        line = await asyncio.to_thread(self.process.stdout.readline)
        if line.strip() != word:
            raise Broken(f'process {self.slot} said "{line.strip()}" and not "{word}"')

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.forget()

    def forget(self):
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    async def end(self):
        """Lets it answer everything that it was asked for."""
        self.signal(signal.SIGCONT)
        self.process.stdin.close()
        try:
            await asyncio.to_thread(self.process.wait, END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Broken(f'process {self.slot} did not come to an end: something was not answered') from None
        self.process.stdout.close()
        if self.process.returncode != 0:
            raise Broken(f'process {self.slot} ended with {self.process.returncode}')


class Stage:
    def __init__(self, program, seed):
        self.program = program
        self.seed = seed
        self.folder = tempfile.mkdtemp(prefix='memo-chaos-')
        self.source = os.path.join(self.folder, 'source')
        self.server = Server(self.folder)
        self.server_lock = asyncio.Lock()
        self.players = []

    async def __aenter__(self):
        self.ask('create')
        await self.server.start()
        return self

    async def __aexit__(self, *_):
        for player in self.players:
            if player.process is not None and player.process.poll() is None:
                player.kill()
            if player.proxy is not None:
                player.proxy.stop()
        self.server.stop()
        shutil.rmtree(self.folder)

    def ask(self, *words):
        done = subprocess.run([self.program, '--source', self.source, *words], check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout) if done.stdout else None

    def report(self):
        return self.ask('report')

    async def add(self, words, query, behind_proxy=True, backplane=False):
        """One more process; each has a proxy of its own."""
        slot = len(self.players)
        proxy = None
        uri = f'redis+unix://{self.server.path}?{query}'
        if behind_proxy:
            proxy = Proxy(self.server.path)
            await proxy.start()
            uri = f'redis://127.0.0.1:{proxy.port}/0?{query}'
        arguments = ['--uri', uri, '--seed', str(self.seed), *words]
        if backplane:
            arguments += ['--backplane', str(proxy.port)]
        player = Child(self, slot, arguments, proxy)
        self.players.append(player)
        player.start()
        return player

    async def end(self, tell_all):
        """Everybody comes to an end, with nothing in the way any more.  TELL_ALL: and hears of every connection that is gone."""
        for player in self.players:
            if player.proxy is not None:
                player.proxy.heal(tell_all)
        results = await asyncio.gather(*(player.end() for player in self.players), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
