# SPDX-License-Identifier: CC0-1.0
"""Draws from a number of things of which some are wanted far more often than others."""
import bisect
import itertools
import random

# As in popularity.c: whole numbers only, so that the same seed gives the same draws.
FIRST_WEIGHT = 1000000


class Popularity:
    """The first is wanted twice as often as the second, three times as often as the third, and so on (Zipf's law)."""

    def __init__(self, n_things, seed):
        self._random = random.Random(seed)
        self._sums = list(itertools.accumulate(FIRST_WEIGHT // i for i in range(1, n_things + 1)))

    def draw(self):
        """1 is the most popular."""
        drawn = self._random.getrandbits(32) * self._sums[-1] >> 32
        return bisect.bisect_right(self._sums, drawn) + 1
