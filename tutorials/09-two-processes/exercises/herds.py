#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""In each of four processes a hundred customers ask for the same price at once, which nobody has yet."""
import contextlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from shop import AN_HOUR, Shop  # noqa: E402
from story import Story  # noqa: E402

N_SHOPS = 4


def main():
    with Story() as story, contextlib.ExitStack() as stack:
        shops = [stack.enter_context(Shop(story.database, story.uri, AN_HOUR)) for _ in range(N_SHOPS)]

        # All have asked the database before the first one has an answer.
        for shop in shops:
            shop.ask('crowd price:7')
        n_told = sum(shop.count('serve') for shop in shops)
        n_queries = sum(shop.count('queries') for shop in shops)

        print(f'{N_SHOPS} processes, {n_told} customers were told the price, {n_queries} queries')


main()
