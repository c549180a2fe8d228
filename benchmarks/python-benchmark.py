#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an await costs in Python, beside a cache that is written by hand in Python.

    python-benchmark.py             measures
    python-benchmark.py --smoke     whether the answers of both are right, in a moment

Both do the same work in turns, and the ratio is taken within each round: times from a machine that
others use as well say little. The median of the ratios is what counts.
"""
import argparse
import asyncio
import gc
import statistics
import sys
import time

from by_hand import ByHand, cached
from libcache import AsyncCache, AsyncTTL

SIZE = 1000
KEYS = [f'user:{i}' for i in range(SIZE)]


class Row:
    """The same work for both: each function does it a number of times, and says how often the answer was right."""

    def __init__(self, name, count, target, ours, by_hand):
        self.name = name
        self.count = count
        self.target = target
        self.sides = ours, by_hand

    async def measure(self, rounds, count):
        """The times of both in nanoseconds each, and the ratio."""
        times = [], []
        for _ in range(rounds):
            for side, function in enumerate(self.sides):
                gc.collect()
                began = time.perf_counter()
                right = await function(count)
                times[side].append((time.perf_counter() - began) / count * 1e9)
                if right != count:
                    sys.exit(f'{self.name}: {right} of {count} answers are right')
        ratio = statistics.median(ours / by_hand for ours, by_hand in zip(*times))
        return *map(statistics.median, times), ratio


async def load():
    """A loader that has nothing to wait for."""
    return 1


def hits(cache):
    """Awaits of what is there."""
    async def run(count):
        right = 0
        for i in range(count):
            right += await cache.get(KEYS[i % SIZE], load) == 1
        return right
    return run


def misses(cache, forget):
    """Awaits of what is not, with a loader that has it."""
    async def run(count):
        right = 0
        for i in range(count):
            right += await cache.get(KEYS[i % SIZE], load) == 1
            forget(KEYS[i % SIZE])
        return right
    return run


def herds(cache, forget):
    """A hundred who ask for the same at a time, and one load for them."""
    async def run(count):
        right = 0
        for i in range(count // 100):
            loads = []

            async def counted():
                loads.append(1)
                await asyncio.sleep(0)
                return 1
            key = KEYS[i % SIZE]
            right += sum(await asyncio.gather(*(cache.get(key, counted) for _ in range(100)))) * len(loads)
            forget(key)
        return right
    return run


def calls(function):
    """Calls of a decorated function with one argument whose answer is there."""
    async def run(count):
        right = 0
        for i in range(count):
            right += await function(i % 100) == i % 100
        return right
    return run


async def rows():
    """What is measured."""
    ours, by_hand = AsyncCache(maxsize=SIZE, default_ttl=300), ByHand(SIZE, 300)
    for key in KEYS:
        ours.set(key, 1)
        by_hand.set(key, 1)
    yield Row('await of a hit', 50_000, None, hits(ours), hits(by_hand))

    @AsyncTTL(time_to_live=60, maxsize=128)
    async def our_function(x):
        return x

    @cached(128, 60)
    async def function_by_hand(x):
        return x

    for i in range(100):
        await our_function(i)
        await function_by_hand(i)
    yield Row('decorated hit', 50_000, 3.0, calls(our_function), calls(function_by_hand))

    ours, by_hand = AsyncCache(maxsize=SIZE, default_ttl=300), ByHand(SIZE, 300)
    yield Row('await of a miss, trivial loader', 2_000, None, misses(ours, ours.delete), misses(by_hand, by_hand.delete))
    yield Row('one of 100 who wait for a load', 10_000, None, herds(ours, ours.delete), herds(by_hand, by_hand.delete))


async def main(rounds, divisor):
    """Prints a line for each row."""
    print(f'{"":34}{"libcache":>12}{"by hand":>12}{"ratio":>8}  to reach')
    async for row in rows():
        ours, by_hand, ratio = await row.measure(rounds, max(100, row.count // divisor))
        target = f'{row.target:8.1f}{"" if ratio <= row.target else "   not reached"}' if row.target else ''
        print(f'{row.name:34}{ours:9.0f} ns{by_hand:9.0f} ns{ratio:8.2f}  {target}')


arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument('--smoke', action='store_true', help='whether the answers of both are right, in a moment')
smoke = arguments.parse_args().smoke
asyncio.run(main(1 if smoke else 9, 100 if smoke else 1))
