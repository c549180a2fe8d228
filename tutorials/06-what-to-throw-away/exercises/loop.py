#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Somebody goes through the same pages again and again, a few more than there is room for."""
from libcache import AsyncCache


def measure(policy, n_pages):
    cache = AsyncCache(maxsize=100, eviction_policy=policy)
    for _ in range(100):
        for page in range(n_pages):
            if cache.lookup(f'page:{page}') is None:
                cache.set(f'page:{page}', 'the text of the page')
    return 100 * cache.get_metrics().hit_rate


print('Room for 100\npages in the round   least recently used   S3-FIFO')
for n in (90, 100, 101, 110, 150):
    print(f'{n:18}   {measure("lru", n):17.1f} %   {measure("s3-fifo", n):5.1f} %')
