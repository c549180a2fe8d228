# SPDX-License-Identifier: LGPL-2.1-or-later
"""The state of the model: what the server, each process and each actor know at one moment.

A state is a tuple of tuples, so that it can be kept in a set.  A World is one such state opened for a move:
its parts become objects that the move may change, and freeze() makes the next state of them.  Parts that no
move touched are shared between states.

Time is kept as ages, which stop growing at the scenario's `bound` (T in the text).  So there are finitely many states
however long the clock runs.
"""
from dataclasses import dataclass, fields
from operator import attrgetter

# How a connection stands.  What is cut is gone at the server's end, and the process does not know it yet.
UP, CUT, CLOSED = 'up', 'cut', 'closed'
# Only without the rule that I subscribes first: it answers, and is told nothing.
UNSUBSCRIBED = 'unsubscribed'

# Where every actor begins, and where it may end.
IDLE, DONE, DEAD = 'idle', 'done', 'dead'

# Nobody: the writer of what expires or is evicted, the holder of no lease.
NOBODY = -1
# The holder of what is there from the start: none of the actors.
SOMEBODY = -2


@dataclass(slots=True)
class Server:
    """The source of the values, and the Redis server.

    A value is None or a tuple: ('V', id, version, token, run), ('L', holder), ('F', ((owner, age), …)), and for
    the tag ('T', token) or ('F', …).
    """
    source: int = 0        # the version in the database
    k: tuple = None        # the key of the value
    t: tuple = None        # the key of its tag
    k_watch: int = 0       # a bit for each process whose connection D tracks the key
    t_watch: int = 0
    refresher: int = NOBODY  # who holds the key r:
    tokens: int = 0        # how many random tokens were made
    run: int = 0           # changes when the server is started again
    snapshot: tuple = ()   # what was saved: (k, t)
    late: tuple = ()       # commands that arrive although their sender has given them up: (command, actor)
    faults: int = 0        # how many there have been
    loads: int = 0         # how many loads have read the database, where that is looked at


@dataclass(slots=True)
class Process:
    """A process: its memory, its table of tokens, and its link of two connections, D for data, I for invalidations."""
    # (version, token, kind, age); kind 'shared' lives by the lease, 'bounded', which was loaded, and 'set' by their age
    memory: tuple = None
    token: int = 0         # of the tag, as the table has it; 0: not known
    d: str = UP
    i: str = UP
    d_replies: tuple = ()  # under way from the server: a FIFO each, and no order between the two
    i_messages: tuple = ()
    d_since: int = 0       # how long ago the PING was sent whose echo came last
    i_since: int = 0
    d_ping: int = NOBODY   # how long ago the PING was sent that is not answered yet
    i_ping: int = NOBODY
    run: int = 0           # of the server, as it said when the link was made
    was_linked: bool = True  # there was a link before
    pending: tuple = ()    # (actor, version) of each invalidation that the server has not confirmed
    replaying: bool = False  # the first of them was sent again, and the reply is under way


@dataclass(slots=True)
class Actor:
    """A get, a refresh, an early refresh, a set, a delete or a change of the source, in one process."""
    pc: str = IDLE         # a command that is under way to the server is in capitals, with a dot once it is executed
    value: int = NOBODY    # the version it has
    doomed: bool = False   # must not be stored
    detached: bool = False  # must not be joined
    # Of a load: 'leased', 'refreshing' (it takes the place of a V), 'down' (without a link), '' (nothing is stored).
    # Before: 'held' (it has a V, and asks for the token of its tag).
    mode: str = ''
    anchored: bool = False  # it has seen something at the key, so that its process is told of changes
    outdated: int = 0      # of one that still reads, since it looked: 1 the key, 2 the tag or everything
    rounds: int = 0        # how often it has looked, where there is a limit
    fresh: bool = False    # what is there will not do: it is refreshed
    asked: bool = False    # of an early refresh: somebody has joined it
    overtaken: bool = False  # of a set: its own process has changed the key since
    age: int = 0           # since its flight began, or its load
    floor: int = 0         # the oldest version that it may be answered with
    token: int = 0         # of the tag, as read at the start
    seen: int = NOBODY     # the id of the V that it found: void, or to be refreshed
    joined: int = NOBODY   # the actor whose flight it waits for


@dataclass(slots=True)
class Ledger:
    """What was promised: the versions whose invalidation was acknowledged."""
    own: tuple = ()        # by process: the version that its own calls have returned from
    due: int = 0           # the version that nobody may fall behind any more
    recent: tuple = ()     # (version, age) of acknowledgements that are not yet due everywhere


def freezer(kind):
    return attrgetter(*(field.name for field in fields(kind)))


FREEZE = {kind: freezer(kind) for kind in (Server, Process, Actor, Ledger)}


class World:
    """One state, opened for one move; or to be looked at, which needs no parts of its own."""

    def __init__(self, model, state, story=None, views=None):
        self.model = model
        self.rules = model.rules
        self.scenario = model.scenario
        self.first_actor = model.first_actor
        self.state = state
        self.opened = [None] * len(state)
        self.views = views
        self.story = story
        self.broken = None

    def open(self, n, kind):
        state = self.state[n]
        if self.views is None:
            part = kind(*state)
        else:
            part = self.views.get((kind, state))
            if part is None:
                part = self.views[kind, state] = kind(*state)
        self.opened[n] = part
        return part

    @property
    def server(self):
        return self.opened[0] or self.open(0, Server)

    @property
    def ledger(self):
        return self.opened[1] or self.open(1, Ledger)

    def process(self, p):
        return self.opened[2 + p] or self.open(2 + p, Process)

    def actor(self, n):
        n += self.first_actor
        return self.opened[n] or self.open(n, Actor)

    def actors_of(self, p):
        """The numbers and parts of a process's actors."""
        return [(n, self.actor(n)) for n in self.model.home[p]]

    def freeze(self):
        shared = self.model.shared
        parts = list(self.state)
        for n, part in enumerate(self.opened):
            if part is not None:
                frozen = FREEZE[type(part)](part)
                if frozen != parts[n]:
                    parts[n] = shared.setdefault(frozen, frozen)
        return tuple(parts)

    def tell(self, text, *args):
        """Adds a sentence to the story, if one is told."""
        if self.story is not None:
            self.story.append(text.format(*args))

    def fail(self, text, *args):
        """A promise is broken."""
        if self.broken is None:
            self.broken = text.format(*args)
