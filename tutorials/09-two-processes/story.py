# SPDX-License-Identifier: CC0-1.0
"""What a story of this chapter needs: a folder for the database, and a Redis server of its own."""
import contextlib
import pathlib
import tempfile

from libcache import RedisBackend
from redis_server import redis_server


class Story(contextlib.ExitStack):
    def __enter__(self):
        # If there is no plugin for it, this says so: nobody sees what the shops say.
        RedisBackend('redis://localhost')

        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix='two-processes-')))
        self.database = self.folder / 'database'
        self.database.mkdir()
        # On a busy computer everything takes its time; the figures are to be the same all the same. And the shops share plainly: what one
        # of them changes, the others are not told.
        self.uri = f'redis+unix://{self.folder}/redis.sock?timeout-ms=10000&max-staleness-ms=0'
        self.start_server()
        return self

    def start_server(self):
        self.server = self.enter_context(redis_server(str(self.folder)))

    def kill_server(self):
        self.server.kill()
        self.server.wait()
