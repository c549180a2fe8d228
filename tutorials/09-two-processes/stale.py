#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""One process changes a price and deletes it. Another has a copy in its memory."""
from minutes import head, tell
from shop import AN_HOUR

head()
tell('An hour in memory, as long as in Redis', AN_HOUR)
tell('A minute in memory', 60)
tell('Five seconds in memory', 5)
tell('Not in memory at all', 0)
