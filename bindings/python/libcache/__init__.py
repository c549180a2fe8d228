# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cache for asyncio: one load per key, exact expiry, tiers, and nothing stale after an invalidation.

    from libcache import AsyncCache

    cache = AsyncCache(maxsize=1000, default_ttl=300)
    user = await cache.get('user:42', loader=lambda: load_user(42))

`AsyncCache` is the cache; `AsyncLRU` and `AsyncTTL` decorate functions that are to remember their answers,
`AsyncLRUInvalidator` and `AsyncTTLInvalidator` those that make such answers wrong. `DiskBackend` and
`RedisBackend` are tiers, and `Backend` and `Codec` are for some of your own. `AgentCache`,
`AgentCacheInvalidator` and `AgentCacheSession` are for the tools of AI agents.
"""
import gi

gi.require_version('Memo', '1')

# pylint: disable=wrong-import-position
from gi.repository.Memo import ManualClock  # noqa: E402

from ._agent_functions import AgentCache, AgentCacheInvalidator, add_resources  # noqa: E402
from ._agents import AgentCacheSession, AgentPrincipal  # noqa: E402
from ._backends import Backend, DiskBackend, RedisBackend  # noqa: E402
from ._cache import AsyncCache  # noqa: E402
from ._canonical import register_key  # noqa: E402
from ._codecs import Codec, JSONCodec, PickleCodec, PlainCodec  # noqa: E402
from ._decorators import AsyncLRU, AsyncTTL  # noqa: E402
from ._errors import AgentLoopDetectedError, Error, WarmupError  # noqa: E402
from ._invalidators import AsyncLRUInvalidator, AsyncTTLInvalidator  # noqa: E402
from ._metrics import Metrics  # noqa: E402
from ._values import DEFAULT, MISS  # noqa: E402

__all__ = ['AgentCache', 'AgentCacheInvalidator', 'AgentCacheSession', 'AgentLoopDetectedError', 'AgentPrincipal', 'AsyncCache',
           'AsyncLRU', 'AsyncLRUInvalidator', 'AsyncTTL', 'AsyncTTLInvalidator', 'Backend', 'Codec', 'DEFAULT', 'DiskBackend',
           'Error', 'JSONCodec', 'MISS', 'ManualClock', 'Metrics', 'PickleCodec', 'PlainCodec', 'RedisBackend', 'WarmupError',
           'add_resources', 'register_key']
