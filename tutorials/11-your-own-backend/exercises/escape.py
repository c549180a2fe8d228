#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Where does a value go whose key is "../outside"?"""
import asyncio
import pathlib
import sys
import tempfile

from libcache import Backend

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from folder_backend import FolderBackend  # noqa: E402

from gi.repository import GLib, Memo  # noqa: E402


# [naive]
class NaiveBackend(Backend):
    """The key is the name of the file, its bytes are the content."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def load(self, key):
        path = self.folder / key
        return path.read_bytes() if path.exists() else None

    def store(self, key, data, ttl):
        (self.folder / key).write_bytes(data)

    def remove(self, key, only=None):
        (self.folder / key).unlink(missing_ok=True)

    def clear(self):
        for path in self.folder.iterdir():
            path.unlink()
# [/naive]


async def try_it(name, backend, outside):
    await backend.store_async('../outside', GLib.Bytes.new(b'a value'), Memo.TTL_FOREVER, False)
    print(f'{name}: it is {"beside" if outside.exists() else "in"} the folder')
    outside.unlink(missing_ok=True)


async def main():
    with tempfile.TemporaryDirectory(prefix='escape-') as top:
        folder = pathlib.Path(top) / 'folder'
        folder.mkdir()
        own = FolderBackend(uri=f'folder://{folder}')
        own.init()
        await try_it('naive', NaiveBackend(folder), folder.parent / 'outside')
        await try_it('folder', own, folder.parent / 'outside')


asyncio.run(main())
