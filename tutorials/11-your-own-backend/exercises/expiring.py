#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The folder, tidied: a file is of use until the time at which it was last changed, which lies in the future."""
import asyncio
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from folder_backend import FolderBackend  # noqa: E402
from remember import remember  # noqa: E402

# Ten thousand days are for ever.
FOR_EVER = 864000000


# [expiring]
class ExpiringBackend(FolderBackend):
    def make_folder(self):
        super().make_folder()
        for path in self.folder.iterdir():
            if path.stat().st_mtime <= time.time():
                path.unlink(missing_ok=True)

    def write(self, path, data, ttl, durable):
        super().write(path, data, ttl, durable)
        now = time.time()
        os.utime(path, (now, now + (min(ttl, FOR_EVER) if ttl is not None else FOR_EVER)))
# [/expiring]


def open_folder(folder):
    backend = ExpiringBackend(uri=f'folder://{folder}')
    backend.init()
    return backend


async def main():
    with tempfile.TemporaryDirectory(prefix='expiring-') as top:
        folder = pathlib.Path(top) / 'squares'
        await remember(open_folder(folder))
        # Of one of the three its time was an hour ago.
        hour_ago = time.time() - 3600
        os.utime(min(folder.iterdir()), (hour_ago, hour_ago))
        await remember(open_folder(folder))


asyncio.run(main())
