#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""How long a price may stay in memory: who is misled, and how often Redis is asked."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from minutes import head, tell  # noqa: E402

head()
for seconds in (1, 2, 5, 10, 20, 60):
    tell(f'{seconds:2} s in memory', seconds)
