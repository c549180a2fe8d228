# SPDX-License-Identifier: LGPL-2.1-or-later
"""What may happen next: every move that is possible in a state, as a function and its arguments."""
import change
import get
import link
import promises
from server import TAG, VALUE
from world import CLOSED, CUT, DEAD, DONE, IDLE, NOBODY, UNSUBSCRIBED, UP

BEGIN = {'get': get.begin, 'refresh': get.begin_refresh, 'early': get.begin_early, 'change': change.begin, 'delete': change.begin_delete,
         'set': change.begin_set}


# Where an actor waits for others, or for nothing.
AT_REST = frozenset((DONE, DEAD, 'joined', 'hung', 'turn'))


def tick(world):
    promises.tick(world)
    link.tick(world)


# Moves that nobody waits for: a state in which nothing else is possible is at rest.
BACKGROUND = frozenset((tick, link.ping, link.cut, link.save, link.restart, link.evict, link.flush, link.die))


def is_background(move):
    return move[0] in BACKGROUND


def possible(world):
    moves = []
    for n in range(len(world.model.actors)):
        of_actor(world, n, moves)
    for p in range(world.model.n_processes):
        of_process(world, p, moves)
    of_server(world, moves)
    if world.scenario.clock and may_tick(world):
        moves.append((tick,))
    return moves


def may_tick(world):
    """A link freezes only where its process sends PINGs; elsewhere what is told arrives before the time goes on."""
    for p in range(world.model.n_processes):
        process = world.process(p)
        if p not in world.scenario.leases and (process.i_messages or process.d == CUT or process.i == CUT):
            return False
    return True


def may_begin(world, n):
    """Those that are alike begin in order."""
    earlier = world.model.before.get(n)
    return earlier is None or world.actor(earlier).pc != IDLE


def of_actor(world, n, moves):
    actor, scenario = world.actor(n), world.scenario
    pc = actor.pc
    if pc in AT_REST:
        return
    kind, p = world.model.actors[n][:2]
    if pc == IDLE:
        if may_begin(world, n):
            moves.append((BEGIN[kind], n))
        return

    if pc.isupper():
        if not pc.endswith('.') and world.process(p).d == UP:
            moves.append((link.execute if may_arrive(world, n, pc) else link.leave_out, n))
        # Where the connection is cut, no reply will come.
        if pc in scenario.times_out or world.process(p).d == CUT:
            moves.append((link.give_up, n))
    elif pc == 'load':
        moves.append((get.read_source, n))
        if scenario.failing:
            moves.append((get.fail_load, n))
        if scenario.hangs and actor.mode == 'leased' and not any_hangs(world):
            moves.append((get.hang, n))
    elif pc == 'loaded':
        moves.append((get.loaded, n))
    elif pc == 'commit':
        moves.append((change.commit, n))
    elif pc == 'promote':
        moves.append((get.promote, n))
    elif pc == 'wait':
        held = world.server.k
        if ('waiting-has-an-end' in world.rules and held is not None and held[0] == 'L' and
                world.actor(held[1]).pc == 'hung'):
            moves.append((get.stop_waiting, n))

    if kind == 'change' and scenario.changes_die or kind == 'get' and scenario.loads_die and pc in get.LOADING:
        moves.append((link.die, n))


def may_arrive(world, n, command):
    """A set beside a change in another process: which of the two is newer is decided by who changes the source last,
    which the application has to see to.  So a set that is not the newest is left out, but in a bracket."""
    if world.model.actors[n][0] != 'set' or command not in ('CLAIM', 'PUT') or not world.scenario.ordered_sets:
        return True
    found = world.server.k
    return world.actor(n).value == world.server.source or found is not None and found[0] == 'F'


def any_hangs(world):
    return any(world.actor(n).pc == 'hung' for n in range(len(world.model.actors)))


def of_process(world, p, moves):
    process, scenario = world.process(p), world.scenario
    if process.d_replies:
        moves.append((link.deliver_reply, p))
    if process.i_messages:
        moves.append((link.deliver_message, p))
    if process.pending and not process.replaying and process.d == UP:
        moves.append((link.replay, p))

    if process.i == UNSUBSCRIBED:
        moves.append((link.subscribe, p))
    if p in scenario.leases:
        if process.d != CLOSED and process.d_ping == process.i_ping == NOBODY:
            moves.append((link.ping, p))
    if p not in scenario.breaks:
        return
    may_fail = world.server.faults < scenario.faults
    if process.d == CLOSED:
        moves.append((link.renew, p))
        return
    if process.d == CUT or process.i == CUT:
        if process.i == CUT and 'both-connections-end-together' not in world.rules:
            moves.append((link.renew_i, p))
        moves.append((link.close, p))
    elif may_fail:
        if scenario.cuts:
            moves.append((link.cut, p, 'D'))
            moves.append((link.cut, p, 'I'))
        if scenario.closes:
            moves.append((close_for_no_reason, p))


def close_for_no_reason(world, p):
    world.server.faults += 1
    link.close(world, p)


BACKGROUND |= {close_for_no_reason}


def of_server(world, moves):
    server, scenario = world.server, world.scenario
    for which in range(len(server.late)):
        moves.append((link.execute_late, which))
    k, t = server.k, server.t
    if k is not None:
        # A lease ends early, or when whoever held it is gone; one that is renewed does not.
        if k[0] == 'L' and (scenario.leases_end and world.actor(k[1]).pc != 'hung' or link.is_gone(world, k[1])):
            moves.append((link.expire, VALUE))
    for key, value in ((VALUE, k), (TAG, t)):
        if (value is not None and value[0] == 'F' and not scenario.fence_life and
                all(link.is_gone(world, owner) for owner, _ in value[1])):
            moves.append((link.expire, key))
    if server.refresher != NOBODY and (scenario.leases_end or link.is_gone(world, server.refresher)):
        moves.append((link.expire_refresher,))
    if server.faults < scenario.faults:
        for key, value in ((VALUE, k), (TAG, t)):
            if value is not None and value[0] in scenario.evicts:
                moves.append((link.evict, key))
        if scenario.flushes:
            moves.append((link.flush,))
        if scenario.restarts and server.snapshot:
            moves.append((link.restart,))
    if scenario.restarts and not server.snapshot and server.run == 0:
        moves.append((link.save,))
