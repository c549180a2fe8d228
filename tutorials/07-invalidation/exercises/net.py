#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Nobody tells the cache. What does a time to live save?"""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from prices import Prices  # noqa: E402


async def main():
    for seconds in (1.0, 0.2, 0.1, 0.05, 0.0):
        await Prices(seconds).tell(f'Prices live for {1000 * seconds:.0f} ms')


asyncio.run(main())
