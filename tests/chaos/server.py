# SPDX-License-Identifier: LGPL-2.1-or-later
"""A redis-server of the experiment's own, in its folder and on a socket."""
import asyncio
import ctypes
import os
import shutil
import signal
import subprocess

PR_SET_PDEATHSIG = 1


def end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, 'redis.sock')
        self.dump = os.path.join(folder, 'dump.rdb')
        self.snapshot = os.path.join(folder, 'snapshot.rdb')
        self.process = None

    async def start(self):
        self.process = subprocess.Popen(
            ['redis-server', '--port', '0', '--unixsocket', self.path, '--dir', self.folder, '--save', '', '--appendonly', 'no',
             '--daemonize', 'no', '--logfile', os.path.join(self.folder, 'redis.log')],
            preexec_fn=end_with_parent)
        while await self.say('PING') != 'PONG':
            if self.process.poll() is not None:
                raise RuntimeError('redis-server did not start: see ' + os.path.join(self.folder, 'redis.log'))
            await asyncio.sleep(0.01)

    async def say(self, *words):
        """What redis-cli has from it."""
        cli = await asyncio.create_subprocess_exec('redis-cli', '-s', self.path, *words,
                                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        out, _ = await cli.communicate()
        return out.decode('utf-8', 'replace').strip()

    async def save(self):
        await self.say('SAVE')
        shutil.copy(self.dump, self.snapshot)

    async def restart(self, from_snapshot):
        """As after a loss of power; with what was in it when it was saved, or with nothing."""
        self.stop()
        if from_snapshot and os.path.exists(self.snapshot):
            shutil.copy(self.snapshot, self.dump)
        elif os.path.exists(self.dump):
            os.unlink(self.dump)
        await self.start()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.process = None
        if os.path.exists(self.path):
            os.unlink(self.path)
