# SPDX-License-Identifier: CC0-1.0
"""Draws from a number of things of which some are wanted far more often than others, as it is with pages,
products and words: the first twice as often as the second, three times as often as the third, and so on (Zipf's law).

The same seed gives the same draws as in C: whole numbers only, from the same random numbers.
"""
import bisect
import itertools
import random

_FIRST_WEIGHT = 1000000


class Popularity:
    def __init__(self, n_things, seed):
        self._random = random.Random(seed)
        self._sums = list(itertools.accumulate(_FIRST_WEIGHT // (i + 1) for i in range(n_things)))

    def draw(self):
        """1 is the most popular."""
        drawn = (self._random.getrandbits(32) * self._sums[-1]) >> 32
        return bisect.bisect_right(self._sums, drawn) + 1
