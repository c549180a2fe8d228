#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Somebody leafs through documents, each to its end and back, while other readers want the popular pages."""
import itertools

from libcache import AsyncCache
from popularity import Popularity

N_PAGES = 2000
N_DOCUMENTS = 100
SEED = 6


def ask(cache, key):
    found = cache.lookup(key) is not None
    if not found:
        cache.set(key, 'the text of the page')
    return found


def measure(policy, n_pages):
    cache = AsyncCache(maxsize=100, eviction_policy=policy)
    popularity = Popularity(N_PAGES, SEED)
    n_found_leafing = n_found_others = 0

    for _ in range(10000):
        ask(cache, f'page:{popularity.draw()}')

    # After each page of the document somebody else has a turn.
    for document in range(N_DOCUMENTS):
        for page in itertools.chain(range(n_pages), reversed(range(n_pages))):
            n_found_leafing += ask(cache, f'document:{document}:{page}')
            n_found_others += ask(cache, f'page:{popularity.draw()}')

    n_steps = N_DOCUMENTS * 2 * n_pages
    return 100 * n_found_leafing / n_steps, 100 * n_found_others / n_steps


print('              least recently used      S3-FIFO\n'
      'pages          leafing    others       leafing    others')
for n in (5, 10, 20, 50):
    (leafing, others), (leafing_s3, others_s3) = measure('lru', n), measure('s3-fifo', n)
    print(f'{n:5}          {leafing:5.1f} %   {others:5.1f} %       {leafing_s3:5.1f} %   {others_s3:5.1f} %')
