# SPDX-License-Identifier: CC0-1.0
"""Each key is a file, whose name is the SHA-256 of the key.

All that touches the disk is done by one thread, in the order in which it was asked for.
"""
import asyncio
import concurrent.futures
import hashlib
import os
import pathlib

from libcache import Backend, Error

from gi.repository import Gio, GLib, GObject, Memo


class FolderBackend(Backend, Gio.Initable):
    __gtype_name__ = 'TutorialFolderBackend'

    uri = GObject.Property(type=str, flags=GObject.ParamFlags.READWRITE | GObject.ParamFlags.CONSTRUCT_ONLY)

    # [uri]
    def do_init(self, cancellable):
        """Looks at the URI. Nothing is opened yet."""
        uri = GLib.Uri.parse(self.uri, GLib.UriFlags.NONE)
        if not os.path.isabs(uri.get_path()) or uri.get_query() is not None:
            raise GLib.Error.new_literal(
                Error.quark(), f'“{self.uri}” does not name a folder: folder:///the/folder', Error.INVALID_URI)
        self.folder = pathlib.Path(uri.get_path())
        self.worker = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        return True
    # [/uri]

    # [functions]
    async def open(self):
        await self.hand_over(self.make_folder)

    async def load(self, key):
        return await self.hand_over(self.read, self.path_of(key))

    async def store(self, key, data, ttl, durable=False):
        await self.hand_over(self.write, self.path_of(key), data, ttl, durable)

    async def remove(self, key, only=None):
        await self.hand_over(self.unlink, self.path_of(key), only)

    async def clear(self):
        await self.hand_over(self.unlink_all)

    def path_of(self, key):
        return self.folder / hashlib.sha256(key.encode()).hexdigest()

    def hand_over(self, function, *arguments):
        return asyncio.get_running_loop().run_in_executor(self.worker, function, *arguments)
    # [/functions]

    # [work]
    def make_folder(self):
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Error(f'{self.folder} cannot be made: {error.strerror}', code=Error.UNAVAILABLE) from error

    def read(self, path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path, data, ttl, durable):
        # A file is there as a whole or not at all. Not everything has to be there when the power fails.
        flags = GLib.FileSetContentsFlags.CONSISTENT
        if durable:
            flags |= GLib.FileSetContentsFlags.DURABLE
        GLib.file_set_contents_full(str(path), data, flags, 0o600)

    def unlink(self, path, only):
        # With bytes, nothing but these is to go: meanwhile there may be something newer.
        if only is None or self.read(path) == only:
            path.unlink(missing_ok=True)
    # [/work]

    def unlink_all(self):
        for path in self.folder.iterdir():
            path.unlink(missing_ok=True)


# [register]
def register():
    """Has the backend found for folder: in this program."""
    Gio.IOExtensionPoint.implement(Memo.BACKEND_EXTENSION_POINT_NAME, FolderBackend.__gtype__, 'folder', 0)
# [/register]
