#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""A price stands on many pages. Who changes it does not know all of them: the pages say what is on them, by a tag."""
from libcache import AsyncCache

cache = AsyncCache(maxsize=100)
cache.set('page:lamp', 'what the page looks like', tags=['product:lamp'])
cache.set('page:chair', 'what the page looks like', tags=['product:chair'])
cache.set('page:offers', 'what the page looks like', tags=['product:lamp', 'product:chair'])

print('The lamp has another price')
cache.invalidate_tags('product:lamp')
for page in ('page:lamp', 'page:chair', 'page:offers'):
    print(f'  {page:16} {"is there" if page in cache else "is gone"}')
