# SPDX-License-Identifier: CC0-1.0
"""Two minutes of two shops, here and there, that share a Redis. Each second a customer asks for a price in both. After 13 seconds
the price is changed, here, and deleted.
"""
from database import change
from shop import Shop
from story import Story

CHANGE = 13


def head():
    print('                                           told the old price\n'
          '                                           here    there    queries    found in Redis')


# [minutes]
def tell(title, memory_ttl):
    n_misled_here = n_misled_there = 0

    with Story() as story, Shop(story.database, story.uri, memory_ttl) as here, \
            Shop(story.database, story.uri, memory_ttl) as there:
        # Two minutes, each second a customer in both shops.
        for second in range(120):
            if second == CHANGE:
                change(story.database, 'price:7', '24.90')
                here.ask('delete price:7')

            # What a get brings is on its way to Redis; it has arrived before the next shop asks.
            price_here = here.ask('get price:7')
            here.ask('flush')
            price_there = there.ask('get price:7')
            there.ask('flush')
            if second >= CHANGE:
                n_misled_here += price_here != '24.90'
                n_misled_there += price_there != '24.90'

            here.ask('pass 1')
            there.ask('pass 1')

        print(f'{title:42} {n_misled_here:4}    {n_misled_there:5}    '
              f'{here.count("queries") + there.count("queries"):7}    '
              f'{here.count("remote-hits") + there.count("remote-hits"):14}')
# [/minutes]
