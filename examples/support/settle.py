# SPDX-License-Identifier: CC0-1.0
"""For programs that move time by hand."""
import asyncio


async def settle():
    """Let everything happen that is due now."""
    # What is due takes a turn of the loop to be noticed, another to be run, and one to wake who waits
    # for it; more turns do nothing.
    for _ in range(10):
        await asyncio.sleep(0)
