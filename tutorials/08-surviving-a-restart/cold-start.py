#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Eight thousand readers, by a program that runs all the time, and by one that is started anew for each thousand."""
import asyncio

import readers
from libcache import AsyncCache

N_RUNS = 8
N_READERS = 1000


async def main():
    all_the_time = AsyncCache(maxsize=readers.N_PAGES)
    first, second = readers.database(), readers.database()
    drawn, drawn_again = readers.popularity(), readers.popularity()

    print('readers          queries of a program    of one that\n'
          '                 that runs on            is started anew')
    for run in range(N_RUNS):
        before = first.n_queries, second.n_queries
        await readers.come(all_the_time, first, drawn, N_READERS)

        # [anew]
        anew = AsyncCache(maxsize=readers.N_PAGES)
        # [/anew]
        await readers.come(anew, second, drawn_again, N_READERS)
        print(f'{run * N_READERS + 1:4} to {(run + 1) * N_READERS:4}     {first.n_queries - before[0]:20}    '
              f'{second.n_queries - before[1]:15}')
    print(f'all              {first.n_queries:20}    {second.n_queries:15}')


asyncio.run(main())
