#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Four processes want the same 200 prices: each on its own, and with Redis between them."""
from shop import AN_HOUR, Shop
from story import Story

N_SHOPS = 4


def tell(title, story, uri):
    n_right = n_queries = n_found = 0

    for _ in range(N_SHOPS):
        with Shop(story.database, uri, AN_HOUR) as shop:
            n_right += shop.count('all')
            shop.ask('flush')
            n_queries += shop.count('queries')
            n_found += shop.count('remote-hits')

    print(f'{title:24} {N_SHOPS} processes, {n_right} prices right, {n_queries:3} queries, {n_found:3} found in Redis')


with Story() as the_story:
    tell('Each on its own:', the_story, 'none')
    tell('With Redis between them:', the_story, the_story.uri)
