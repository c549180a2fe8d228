#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A shop abroad has a database of its own, with the same keys and other prices. It shares the Redis server."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from database import change  # noqa: E402
from shop import AN_HOUR, Shop  # noqa: E402
from story import Story  # noqa: E402

N_CUSTOMERS = 20


def tell(title, parameter):
    with Story() as story:
        database_abroad = story.folder / 'abroad'
        database_abroad.mkdir()
        keys = [f'price:{i}' for i in range(1, N_CUSTOMERS + 1)]
        for key in keys:
            change(database_abroad, key, 'CHF 24.90')

        with Shop(story.database, story.uri, AN_HOUR) as here, \
                Shop(database_abroad, story.uri + parameter, AN_HOUR) as abroad:
            here.ask('all')
            here.ask('flush')
            n_misled = sum(abroad.ask(f'get {key}') != 'CHF 24.90' for key in keys)
        print(f'{title:22} {n_misled:2} of {N_CUSTOMERS} customers abroad were told a price from here')


tell('Both the same URI', '')
tell('A prefix of its own', '&prefix=abroad:')
