# SPDX-License-Identifier: CC0-1.0
"""A backend that keeps bytes in a dictionary, and not more of them than it has room for: shelf:?room=3.

A real one would ask something slow; what has to be written is the same.
"""
import gi

gi.require_version('Memo', '1')
from gi.repository import Gio, GLib, GObject, Memo  # noqa: E402
from libcache import Backend, Error  # noqa: E402


# [backend]
class ShelfBackend(Backend, Gio.Initable):
    __gtype_name__ = 'ShelfBackend'

    uri = GObject.Property(type=str, flags=GObject.ParamFlags.READWRITE | GObject.ParamFlags.CONSTRUCT_ONLY)

    async def load(self, key):
        return self.shelf.get(key)

    async def store(self, key, data, ttl):
        if key not in self.shelf and len(self.shelf) >= self.room:
            raise Error('the shelf is full', code=Error.BUSY)
        self.shelf[key] = data

    async def remove(self, key, only=None):
        if only is None or self.shelf.get(key) == only:
            self.shelf.pop(key, None)

    async def clear(self):
        self.shelf.clear()
    # [/backend]

    # [uri]
    def do_init(self, cancellable):
        """Looks at the URI when the backend is made.  To open something is for open()."""
        _, mark, query = (self.uri or '').partition('?')
        room = query.removeprefix('room=') if mark else '1000'
        if query and not query.startswith('room=') or not room.isdecimal():
            raise GLib.Error.new_literal(
                Error.quark(), f'“?{query}” does not say how much room there is: ?room=3', Error.INVALID_URI)
        self.room = int(room)
        self.shelf = {}
        return True
    # [/uri]


# [register]
def register():
    """Has the backend found for shelf:."""
    Gio.IOExtensionPoint.implement(Memo.BACKEND_EXTENSION_POINT_NAME, ShelfBackend.__gtype__, 'shelf', 0)
# [/register]
