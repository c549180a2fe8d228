# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bracket around a change of the source."""
import asyncio
import contextlib

from ._errors import Error
from ._loops import wait


@contextlib.asynccontextmanager
async def bracket(mutations):
    """Within it the changes are open: what they touch is dropped before and after, and what is read meanwhile is not kept."""
    try:
        # At once, so that all are open before the first is acknowledged.
        await asyncio.gather(*(wait(mutation.begin_with_closure, mutation.begin_finish) for mutation in mutations))
        yield
    finally:
        ends = asyncio.gather(
            *(wait(lambda _, done, mutation=mutation: mutation.end_with_closure(done), mutation.end_finish)
              for mutation in mutations if mutation.is_open()), return_exceptions=True)
        # However often the task is cancelled: as long as a bracket is open, nothing that it touches is kept.
        for result in await asyncio.shield(ends):
            # That a tier did not acknowledge the change is no error of who made it.
            if isinstance(result, BaseException) and not isinstance(result, (Error, OSError)):
                raise result
