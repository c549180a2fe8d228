# SPDX-License-Identifier: CC0-1.0
"""How a part of a program sees the shop, such as the one that serves a request."""


class ShopRepository:
    """An object with methods to ask.  Many of them work on one database."""

    def __init__(self, db):
        self._db = db
        self.n_asked = 0

    def ask(self):
        """The database, for somebody who asks it."""
        self.n_asked += 1
        return self._db
