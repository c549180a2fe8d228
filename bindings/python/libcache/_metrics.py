# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a cache counted."""
from __future__ import annotations

from typing import Any

_NAMES = ('hits', 'misses', 'size', 'bytes', 'hit_rate', 'coalesced', 'loads', 'load_failures', 'batches', 'evictions',
          'expirations', 'invalidations', 'remote_hits', 'remote_failures', 'backup_hits', 'backup_failures')

# What is counted of an agent's calls.
AGENT_NAMES = ('hits', 'misses', 'hit_rate', 'loads', 'load_failures', 'invalidations', 'loop_detections')


class Metrics(dict):
    """What a cache counted: a snapshot, which does not change any more.

    It is a dictionary whose items are attributes, too: ``metrics['hits']`` is ``metrics.hits``.

    ``hits`` and ``misses`` are gets that were answered from memory, and those that were not; ``hit_rate`` is hits by
    both, and 0.0 when nothing was asked. ``size`` is how many entries there are, ``bytes`` how much memory these take,
    where the cache has ``max_bytes`` or ``getsizeof``, and a part of that where it has neither. ``coalesced`` are the
    misses that joined a load which was under way, ``loads`` the calls of loaders, ``load_failures`` those that failed,
    ``batches`` the calls of batch loaders. ``evictions``, ``expirations`` and ``invalidations`` count entries.
    ``remote_hits`` and ``backup_hits`` are what came from a tier in place of a load, ``remote_failures`` and
    ``backup_failures`` what a tier did not do.
    """

    @classmethod
    def of(cls, metrics, names=_NAMES):
        """Take the counters of the library."""
        return cls((name, getattr(metrics, name)) for name in names)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f'there is no metric {name!r}; there are {", ".join(self)}') from None

    def __dir__(self):
        return [*super().__dir__(), *self]
