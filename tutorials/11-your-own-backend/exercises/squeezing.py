#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A backend that squeezes what another one keeps."""
import asyncio
import pathlib
import sys
import tempfile
import zlib

from libcache import AsyncCache, Backend

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from folder_backend import FolderBackend  # noqa: E402

N_PAGES = 20


# [squeezing]
class SqueezingBackend(Backend):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    async def open(self):
        await self.inner.open()

    async def load(self, key):
        squeezed = await self.inner.load(key)
        return zlib.decompress(squeezed) if squeezed is not None else None

    async def store(self, key, data, ttl, durable=False):
        await self.inner.store(key, zlib.compress(data), ttl, durable)

    async def remove(self, key, only=None):
        squeezed = None
        if only is not None:
            # The same bytes may be squeezed in more than one way: it is what is there that the other one has to compare.
            squeezed = await self.inner.load(key)
            if squeezed is None or zlib.decompress(squeezed) != only:
                return
        await self.inner.remove(key, squeezed)

    async def clear(self):
        await self.inner.clear()
# [/squeezing]


def open_folder(folder):
    backend = FolderBackend(uri=f'folder://{folder}')
    backend.init()
    return backend


def text_of(page):
    return f'the text of page {page} ' * 100


async def fill(backend):
    async with AsyncCache(backup=backend) as cache:
        for page in range(N_PAGES):
            cache.set(f'page:{page}', text_of(page))


async def count_right(backend):
    """How many pages the next run finds as they were."""
    async with AsyncCache(backup=backend) as cache:
        return sum([await cache.get(f'page:{page}') == text_of(page) for page in range(N_PAGES)])


async def main():
    with tempfile.TemporaryDirectory(prefix='squeezing-') as top:
        plain, squeezed = pathlib.Path(top) / 'plain', pathlib.Path(top) / 'squeezed'
        await fill(open_folder(plain))
        await fill(SqueezingBackend(open_folder(squeezed)))

        sizes = [sum(path.stat().st_size for path in folder.iterdir()) for folder in (plain, squeezed)]
        print(f'{N_PAGES} pages, {sizes[0] // 1024} KiB')
        print(f'squeezed to {"less" if sizes[1] < sizes[0] / 10 else "more"} than a tenth')
        print(f'{await count_right(SqueezingBackend(open_folder(squeezed)))} pages are as they were')


asyncio.run(main())
