# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lies between a process and the server, and does to connections what networks do."""
import asyncio
import random
import socket
import struct


class End(asyncio.Protocol):
    """One end of a connection: what comes in here goes out at the other."""

    def __init__(self, pair, other_name):
        self.pair = pair
        self.other_name = other_name
        self.transport = None
        self.last = 0.0     # when what came last is passed on

    def connection_made(self, transport):
        self.transport = transport
        self.pair.up(self)

    def data_received(self, data):
        pair = self.pair
        if not pair.slices:
            self.pass_on(data)
            return
        while data:
            n = random.randint(1, 40)
            self.pass_on(data[:n], 0.0002)
            data = data[n:]

    def pass_on(self, data, gap=0.0):
        """In order, and not before its time."""
        loop = self.pair.loop
        at = max(loop.time() + self.pair.delay, self.last + gap)
        self.last = at
        if at <= loop.time() and gap == 0.0:
            self.pair.write(self.other_name, data)
        else:
            loop.call_at(at, self.pair.write, self.other_name, data)

    def connection_lost(self, exc):
        loop = self.pair.loop
        loop.call_at(max(loop.time(), self.last), self.pair.lost, self.other_name)


class Pair:
    """A connection of a process to the proxy, and the one from there to the server."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.loop = proxy.loop
        self.delay = 0.0
        self.slices = False
        self.silent = False     # no end hears that the other is gone
        self.frozen = set()     # what nothing is read from
        self.client = End(self, 'server')
        self.server = None
        self.early = []         # what came before there was a server: older versions of asyncio read though they were told not to

    def up(self, end):
        if end is self.client:
            self.proxy.pairs.append(self)
            # What it says waits until there is somebody to say it to.
            end.transport.pause_reading()
            self.loop.create_task(self.connect())
        sock = end.transport.get_extra_info('socket')
        if sock.family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def connect(self):
        try:
            _, end = await self.loop.create_unix_connection(lambda: End(self, 'client'), self.proxy.server_path)
        except OSError:
            self.client.transport.abort()
            return
        self.server = end
        for data in self.early:
            end.transport.write(data)
        self.early.clear()
        if self.client.transport.is_closing():
            end.transport.abort()
        elif 'client' not in self.frozen:
            self.client.transport.resume_reading()

    def write(self, name, data):
        end = getattr(self, name)
        if end is None:
            self.early.append(data)
        elif not end.transport.is_closing():
            end.transport.write(data)

    def lost(self, name):
        end = getattr(self, name)
        if end is not None and not self.silent:
            end.transport.close()
        if all(e is None or e.transport.is_closing() for e in (self.client, self.server)) and self in self.proxy.pairs:
            self.proxy.pairs.remove(self)

    def freeze(self, *names):
        for name in names:
            end = getattr(self, name)
            if end is not None and name not in self.frozen:
                self.frozen.add(name)
                end.transport.pause_reading()

    def thaw(self):
        for name in self.frozen:
            end = getattr(self, name)
            if end is not None and not (name == 'client' and self.server is None):
                end.transport.resume_reading()
        self.frozen.clear()

    def reset(self, *names):
        """Ends it so that the other side gets a RST, and not what was on its way."""
        for name in names:
            end = getattr(self, name)
            if end is None or end.transport.is_closing():
                continue
            sock = end.transport.get_extra_info('socket')
            if sock.family == socket.AF_INET:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            end.transport.abort()


class Proxy:
    """The connections of one process."""

    def __init__(self, server_path):
        self.server_path = server_path
        self.loop = asyncio.get_running_loop()
        self.pairs = []
        self.listener = None
        self.port = 0

    async def start(self):
        self.listener = await self.loop.create_server(lambda: Pair(self).client, '127.0.0.1', 0)
        self.port = self.listener.sockets[0].getsockname()[1]

    def heal(self, tell_all):
        """Whatever it did, it does no more; those whose other end is gone without a word stay so, unless all is told."""
        for pair in list(self.pairs):
            pair.delay = 0.0
            pair.slices = False
            pair.thaw()
            if pair.silent and tell_all:
                pair.reset('client', 'server')

    def stop(self):
        self.listener.close()
        for pair in list(self.pairs):
            pair.reset('client', 'server')
