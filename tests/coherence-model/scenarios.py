# SPDX-License-Identifier: LGPL-2.1-or-later
"""The scenarios: small worlds, each about a part of the protocol, each explored to its end."""
from dataclasses import dataclass

from server import TAG, VALUE
from world import CLOSED, SOMEBODY, UNSUBSCRIBED


@dataclass(frozen=True)
class Scenario:
    name: str
    about: str
    actors: tuple            # (kind, process, options…) each
    processes: int = 2
    # 'value': the server has v0 of a load that is long over; 'memory': P1 has it, too; 'fence': another process
    # has a fence there; 'down': the link of P1 is not up; 'unannounced': as 'value', and the source was changed since.
    begins_with: str = ''

    clock: bool = False      # time passes in ticks; without it, as slowly or quickly as it likes
    bound: int = 2           # T in ticks
    fence_life: int = 0      # the deadline of a fence, in ticks; 0: ends at any time after its owner

    tags: str = ''           # the value has a tag, which is 'declared', or 'found' in the value alone
    touches: str = VALUE     # what a change invalidates
    ordered_sets: bool = False

    leases: tuple = ()       # the processes that send PINGs
    breaks: tuple = ()       # the processes that can lose their link
    faults: int = 0          # how many there may be
    cuts: bool = False       # a connection ends, and only the server knows
    closes: bool = False     # a link ends, and both know
    late: bool = False       # commands of a closed link arrive later
    restarts: bool = False   # the server starts again with what it once saved
    evicts: tuple = ()       # what the server may evict
    flushes: bool = False    # FLUSHALL

    times_out: tuple = ()    # the commands that may be given up
    leases_end: bool = False  # the lease on a load ends before the load
    failing: bool = False    # a loader fails
    nothing: bool = False    # a loader finds nothing
    hangs: bool = False      # a loader never ends
    loads_die: bool = False
    changes_die: bool = False
    rounds: int = 0          # how often a get looks at most; 0: as often as it likes
    counts_loads: bool = False  # the key must not be loaded twice

    long: bool = False       # too large for every run

    def prepare(self, world):
        server, process = world.server, world.process(1)
        token = 1 if self.tags else 0
        if self.begins_with == 'fence':
            server.k = ('F', ((SOMEBODY, 0),))
        elif self.begins_with == 'down':
            process.d = process.i = CLOSED
            process.was_linked = False
            process.d_since = process.i_since = self.bound
        elif self.begins_with:
            server.k = ('V', SOMEBODY, 0, token, 0)
            server.source = 1 if self.begins_with == 'unannounced' else 0
            server.t = ('T', token) if self.tags else None
            server.tokens = token
        if 'subscribe-before-tracking' not in world.rules:
            process.i = UNSUBSCRIBED
        if self.begins_with == 'memory':
            process.memory = (0, token, 'shared', 0)
            process.token = token
            server.k_watch = 1 << 1
            server.t_watch = 1 << 1 if self.tags else 0


READ_READ_CHANGE = (('get', 0), ('get', 1), ('change', 0))
TWICE_AND_DELETE = (('get', 1), ('get', 1), ('delete', 0))

SCENARIOS = {scenario.name: scenario for scenario in (
    # --- the order of things, over links that work but may be slow ---
    Scenario('change', 'two processes read; one of them changes the source, and may die of it at every step',
             READ_READ_CHANGE, changes_die=True),
    Scenario('short-lease', 'as “change”, and the lease on a load may end before the load',
             READ_READ_CHANGE, changes_die=True, leases_end=True, long=True),
    Scenario('two-changes', 'two processes change the source at the same time, and may die of it',
             (('get', 1), ('change', 0), ('change', 1)), changes_die=True),
    Scenario('more-readers', 'as “two-changes”, with one more reader',
             (('get', 0), ('get', 1), ('change', 0), ('change', 1)), changes_die=True, long=True),
    Scenario('delete', 'a delete beside a change whose process may die',
             (('get', 0), ('change', 0), ('delete', 1)), changes_die=True),
    Scenario('delete-in-a-bracket', 'two gets of a process while another deletes what a third has fenced',
             TWICE_AND_DELETE, begins_with='fence'),
    Scenario('joining', 'two gets of a process while another process changes the source',
             (('get', 1), ('get', 1), ('change', 0))),
    Scenario('joining-late', 'as “joining”, and the end of the change may be given up',
             (('get', 1), ('get', 1), ('change', 0)), times_out=('UNFENCE',), long=True),
    Scenario('joining-own', 'two gets of the process that changes the source',
             (('get', 0), ('get', 0), ('change', 0))),
    Scenario('joining-delete', 'two gets of a process while another deletes',
             TWICE_AND_DELETE),
    Scenario('own-delete', 'two gets of the process that deletes',
             (('get', 0), ('get', 0), ('delete', 0))),
    Scenario('reading-own-delete', 'two gets of the process that deletes, the second of which may come while the first still reads',
             (('get', 0), ('get', 0), ('delete', 0)), begins_with='value', clock=True, bound=1),
    Scenario('unanchored', 'a load that the server may know nothing of, while another process deletes',
             TWICE_AND_DELETE, times_out=('ACQ',)),
    Scenario('herd', 'three processes miss at once',
             (('get', 0), ('get', 1), ('get', 2)), processes=3, counts_loads=True),
    Scenario('bad-loaders', 'loaders fail, die and hang',
             (('get', 0), ('get', 1)), failing=True, hangs=True, loads_die=True, leases_end=True),
    Scenario('bad-loaders-and-a-change', 'loaders fail, die and hang while a process changes the source',
             READ_READ_CHANGE, failing=True, hangs=True, loads_die=True, changes_die=True, leases_end=True, long=True),
    Scenario('failing', 'a loader fails while a process changes the source and may die of it',
             (('get', 1), ('get', 1), ('change', 0)), failing=True, changes_die=True, long=True),
    Scenario('lost-fence', 'the server evicts a fence',
             (('get', 1), ('change', 0)), faults=1, evicts=('F',)),
    Scenario('lost-fence-own', 'the server evicts a fence, and the process that changes the source reads',
             (('get', 0), ('get', 0), ('change', 0)), faults=1, evicts=('F',), long=True),
    Scenario('eviction', 'the server evicts what it likes, or is flushed',
             READ_READ_CHANGE, faults=1, evicts=('V', 'L', 'F'), flushes=True, long=True),
    Scenario('flush', 'the server is flushed',
             (('get', 1), ('delete', 0)), begins_with='memory', faults=1, flushes=True),
    Scenario('outdated-often', 'as “joining”, and who was outdated while it read looks but once',
             (('get', 1), ('get', 1), ('change', 0)), rounds=1),
    Scenario('refresh', 'a process refreshes while another changes the source and reads',
             (('refresh', 1), ('get', 0), ('change', 0)), begins_with='value', leases_end=True, long=True),
    Scenario('joining-a-refresh', 'a get of the process that refreshes, while another deletes',
             (('refresh', 1), ('get', 1), ('delete', 0)), begins_with='value', clock=True, bound=1),
    Scenario('refresh-of-nothing', 'a process refreshes what is not in the source any more, of which nobody was told; then it reads',
             (('refresh', 1), ('get', 1), ('get', 0)), begins_with='unannounced', clock=True, bound=1, nothing=True,
             long=True),
    Scenario('two-refreshes', 'two processes refresh while one of them changes the source',
             (('refresh', 0), ('refresh', 1), ('change', 0)), begins_with='value', leases_end=True, long=True),
    Scenario('early-refresh', 'a process refreshes early while another changes the source and reads',
             (('early', 1), ('get', 0), ('change', 0)), begins_with='value', leases_end=True),
    Scenario('joining-an-early-refresh', 'a get of the process that refreshes early, while another changes the source',
             (('early', 1), ('get', 1), ('change', 0)), begins_with='value', leases_end=True),
    Scenario('two-early-refreshes', 'two processes refresh early while one of them changes the source',
             (('early', 0), ('early', 1), ('change', 0)), begins_with='value', leases_end=True, long=True),
    Scenario('early-refresh-and-tag', 'a process refreshes early and reads while another invalidates a tag',
             (('early', 1), ('get', 1), ('change', 0)), tags='declared', touches=TAG, begins_with='value', leases_end=True,
             long=True),
    Scenario('tag', 'two processes read while one of them invalidates a tag',
             READ_READ_CHANGE, tags='declared', touches=TAG, begins_with='memory', long=True),
    Scenario('tag-load', 'a process loads while another invalidates a tag, and reads',
             (('get', 1), ('get', 1), ('change', 0)), tags='declared', touches=TAG),
    Scenario('tag-found', 'as “tag”, and what the tag is shows in the value alone',
             (('get', 0), ('get', 1), ('get', 1), ('change', 0)), tags='found', touches=TAG, begins_with='value', long=True),
    Scenario('tag-and-death', 'as “tag-load”, and the change may die',
             READ_READ_CHANGE, tags='declared', touches=TAG, changes_die=True, long=True),
    Scenario('tag-eviction', 'the server evicts the token of a tag; who was outdated while it read looks but once',
             READ_READ_CHANGE, tags='declared', touches=TAG, evicts=('T',), faults=1, rounds=1, long=True),
    Scenario('set', 'a process sets two values one after the other; what it gives up may arrive late',
             (('set', 0), ('set', 0)), times_out=('CLAIM', 'PUT', 'FILL')),
    Scenario('set-and-read', 'as “set”, and another process reads',
             (('set', 0), ('set', 0), ('get', 1)), times_out=('CLAIM', 'PUT', 'FILL'), long=True),
    Scenario('set-and-own-delete', 'a process sets and then deletes; the order of its commands is free',
             (('set', 0), ('delete', 0), ('get', 1))),
    Scenario('sets-and-a-delete', 'a process sets twice and deletes, which may take long, while another reads',
             (('set', 0), ('set', 0), ('delete', 0), ('get', 1)), long=True),
    Scenario('set-and-delete', 'a process sets what it had in memory and another has deleted',
             (('set', 1), ('delete', 0), ('get', 0)), begins_with='memory', ordered_sets=True),
    Scenario('set-and-die', 'a process sets what another one changes, and may die of it',
             (('set', 1), ('change', 0)), changes_die=True, ordered_sets=True),

    # --- time, and links that freeze and break ---
    Scenario('set-beside-a-change', 'a process sets and reads what another one changes',
             (('set', 0), ('get', 0), ('change', 1)), clock=True, bound=1, ordered_sets=True, long=True),
    Scenario('freezing', 'a process has a value while its connections freeze',
             (('get', 1), ('delete', 0)), begins_with='memory', clock=True, leases=(1,)),
    Scenario('freezing-while-loading', 'gets join a load while its connections freeze',
             TWICE_AND_DELETE, begins_with='fence', clock=True, bound=1, leases=(1,), long=True),
    Scenario('cut', 'a process has a value while one of its connections ends unnoticed',
             (('get', 1), ('delete', 0)), begins_with='memory', clock=True, bound=1, leases=(1,), breaks=(1,), faults=1, cuts=True,
             long=True),
    Scenario('cut-and-change', 'a process reads while its connections freeze, break and end unnoticed',
             (('get', 1), ('change', 0)), begins_with='memory', clock=True, leases=(1,), breaks=(1,), faults=1, cuts=True, closes=True,
             long=True),
    Scenario('reconnect', 'a process has a value, loses its link and makes it again',
             (('get', 1), ('delete', 0)), begins_with='memory', clock=True, bound=1, leases=(1,), breaks=(1,), faults=1, closes=True),
    Scenario('reconnect-while-loading', 'gets join a load while its process loses its link and makes it again',
             TWICE_AND_DELETE, clock=True, bound=1, leases=(1,), breaks=(1,), faults=1, closes=True, long=True),
    Scenario('tag-freezing', 'a process has a token while its connections freeze',
             (('get', 1), ('delete', 0)), tags='found', touches=TAG, begins_with='memory', clock=True, bound=1, leases=(1,)),
    Scenario('tag-reconnect', 'a process has a token, loses its link and makes it again',
             (('get', 1), ('delete', 0)), tags='declared', touches=TAG, begins_with='memory', clock=True, bound=1, leases=(1,),
             breaks=(1,), faults=1, closes=True),
    Scenario('down', 'a process reads without a link',
             TWICE_AND_DELETE, begins_with='down', clock=True),
    Scenario('first-link', 'a process reads and sets before it has its first link, and after',
             (('get', 1), ('set', 1), ('delete', 0)), begins_with='down', clock=True, bound=1, breaks=(1,), ordered_sets=True),
    Scenario('first-link-own', 'a process changes the source while it gets its first link, and reads',
             (('get', 1), ('get', 1), ('change', 1)), begins_with='down', clock=True, bound=1, breaks=(1,), long=True),
    Scenario('early-refresh-and-link', 'a process refreshes early, reads, loses its link and makes it again',
             (('early', 1), ('get', 1), ('delete', 0)), begins_with='value', clock=True, bound=1, breaks=(1,), faults=1, closes=True,
             late=True, long=True),
    Scenario('early-refresh-and-restart', 'a process refreshes early while the server starts again with what it once saved',
             (('early', 1), ('get', 0), ('change', 0)), begins_with='value', clock=True, bound=1, breaks=(0, 1), faults=1, restarts=True,
             long=True),
    Scenario('available', 'the process that changes the source loses its link, and goes on',
             (('get', 1), ('change', 0)), begins_with='memory', clock=True, bound=1, breaks=(0,), faults=1, closes=True, late=True),
    Scenario('available-own', 'the process that changes the source loses its link, goes on, and reads',
             (('get', 0), ('change', 0)), begins_with='value', clock=True, bound=1, breaks=(0,), faults=1, closes=True, late=True),
    Scenario('available-and-two-readers', 'the process that changes the source loses its link; two processes read',
             READ_READ_CHANGE, clock=True, bound=1, breaks=(0,), faults=1, closes=True, late=True, long=True),
    Scenario('strict', 'the process that changes the source loses its link, and refuses',
             (('get', 1), ('change', 0, 'strict')), begins_with='memory', clock=True, bound=1, breaks=(0,), faults=1, closes=True, late=True),
    Scenario('set-and-link', 'a process that sets loses its link',
             (('set', 0), ('get', 0), ('delete', 1)), clock=True, bound=1, breaks=(0,), faults=1, closes=True, late=True,
             ordered_sets=True, long=True),
    Scenario('restart', 'the server starts again with what it once saved',
             (('get', 1), ('change', 0)), begins_with='value', clock=True, bound=1, breaks=(0, 1), faults=1, restarts=True),
    Scenario('restart-while-loading', 'the server starts again with the lease of a load that it once saved',
             READ_READ_CHANGE, clock=True, bound=1, breaks=(0, 1), faults=1, restarts=True, long=True),
    Scenario('fences', 'a process dies in its change, and another goes on changing',
             (('change', 0), ('change', 1), ('change', 1)), changes_die=True, clock=True, bound=1, fence_life=1),
)}
