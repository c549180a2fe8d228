#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Pictures of very different sizes in a cache that counts entries, and in one that counts bytes."""
import sys

from libcache import AsyncCache

KIB = 1024


def tell(what, cache):
    for i in range(1, 1001):
        # Every tenth is a large one.
        cache.set(f'picture:{i}', bytes(1000 * KIB if i % 10 == 0 else 10 * KIB))
    metrics = cache.get_metrics()
    print(f'{what:12} {metrics.size:4} pictures, {metrics.bytes / KIB ** 2:5.1f} MiB')


# Without a limit in bytes nobody counts them, unless somebody says how.
tell('100 entries:', AsyncCache(maxsize=100, getsizeof=sys.getsizeof))
tell('5 MiB:', AsyncCache(maxsize=None, max_bytes=5 * KIB ** 2))
