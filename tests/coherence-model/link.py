# SPDX-License-Identifier: LGPL-2.1-or-later
"""The two connections of a process: what comes out of them, how they are lost and made again, and the time lease.

A link that freezes needs no move of its own: nothing says when what is under way arrives.
"""
import change
import get
import server
from server import SCRIPTS, TAG, VALUE
from world import CLOSED, CUT, DEAD, DONE, IDLE, NOBODY, UNSUBSCRIBED, UP


# What changes the key without a message to the writer itself.
WRITES = frozenset(('FILL', 'CLAIM', 'PUT', 'RELEASE', 'UNLEASE', 'INVALIDATE', 'UNFENCE', 'FENCE'))


def module_of(world, n):
    kind = world.model.actors[n][0]
    return get if kind in ('get', 'refresh', 'early') else change


def lost(world, n, command):
    (change if command == 'INVALIDATE' else module_of(world, n)).lost(world, n, command)


# --- commands and replies ---

def execute(world, n):
    """A command arrives at the server."""
    actor, p = world.actor(n), world.model.actors[n][1]
    command = actor.pc
    reply = SCRIPTS[command](world, n, p)
    process = world.process(p)
    process.d_replies += ((command, n, reply),)
    world.tell('{} {} → {}', world.model.name(n), command, describe(world, reply))
    actor.pc = command + '.'


def execute_late(world, which):
    """A command arrives that nobody waits for any more."""
    command, n, p = world.server.late[which]
    world.server.late = world.server.late[:which] + world.server.late[which + 1:]
    reply = SCRIPTS[command](world, n, p)
    world.tell('a {} of {} arrives that was given up → {}', command, world.model.name(n), describe(world, reply))
    if p != NOBODY:
        process = world.process(p)
        process.d_replies += ((command, n, reply),)


def replay(world, p):
    """What is pending is sent again."""
    process = world.process(p)
    n = process.pending[0][0]
    command = 'UNFENCE' if world.model.actors[n][0] == 'change' else 'INVALIDATE'
    if 'pending-is-sent-again' in world.rules:
        SCRIPTS[command](world, n, p)
    process.d_replies += (('REPLAY', p, None),)
    process.replaying = True
    world.tell('P{} sends the {} of {} again', p, command, world.model.name(n))


def deliver_reply(world, p):
    process = world.process(p)
    command, n, reply = process.d_replies[0]
    process.d_replies = process.d_replies[1:]
    if command == 'pong':
        process.d_since = process.d_ping if 'lease-counts-from-the-sending' in world.rules else 0
        process.d_ping = NOBODY
        world.tell('P{} sees its PING on D echoed', p)
        return
    if command == 'REPLAY':
        world.tell('P{} sees the reply', p)
        change.replay_reply(world, n, reply)
        return
    world.tell('P{} sees the reply to the {} of {}: {}', p, command, world.model.name(n), describe(world, reply))
    if command in WRITES and 'own-write-wakes-own-waiters' in world.rules:
        get.wake(world, p)
    if command in ('FENCE', 'UNFENCE', 'INVALIDATE'):
        change.REPLIES[command](world, n, reply)
    elif world.actor(n).pc == command + '.':
        module_of(world, n).REPLIES[command](world, n, reply)


def deliver_message(world, p):
    process = world.process(p)
    message = process.i_messages[0]
    process.i_messages = process.i_messages[1:]
    if message == 'pong':
        process.i_since = process.i_ping if 'lease-counts-from-the-sending' in world.rules else 0
        process.i_ping = NOBODY
        world.tell('P{} sees its PING on I echoed', p)
    elif message == 'all':
        world.tell('P{} sees that everything is invalid', p)
        if 'outdate-all-on-a-flush' in world.rules:
            get.outdate(world, p, VALUE)
            get.outdate(world, p, TAG)
    else:
        world.tell('P{} sees the invalidation of {}', p, 'the key' if message == VALUE else 'the tag')
        if 'outdate-on-a-message' in world.rules:
            get.outdate(world, p, message)


def describe(world, value):
    """A value of the server in words, where a story is told."""
    if world.story is None:
        return ''
    if value is None:
        return 'nothing'
    if not isinstance(value, tuple):
        return {True: 'done', False: 'refused'}.get(value, value)
    if value[0] == 'V':
        return f'V with v{value[2]}'
    if value[0] == 'L':
        return f'L of {world.model.name(value[1])}'
    if value[0] == 'F':
        return 'F of ' + ' and '.join(world.model.name(owner) if owner >= 0 else 'another' for owner, _ in value[1])
    return f'token {value[1]}'


# --- giving up ---

def give_up(world, n):
    """An operation takes too long.  What was sent may arrive all the same."""
    actor = world.actor(n)
    command = actor.pc
    world.tell('{} gives up its {}', world.model.name(n), command.rstrip('.'))
    if command.endswith('.'):
        command = command[:-1]
    elif world.process(world.model.actors[n][1]).d == UP:
        world.server.late = (*world.server.late, (command, n, world.model.actors[n][1]))
    lost(world, n, command)


def close(world, p):
    """The process gives up its link, or learns that it is lost: both connections go."""
    process = world.process(p)
    world.tell('P{} closes its link', p)
    process.d = process.i = CLOSED
    process.d_replies = process.i_messages = ()
    process.d_ping = process.i_ping = NOBODY
    process.replaying = False
    server.forget(world, p)
    world.server.late = tuple((command, n, NOBODY if sender == p else sender)
                              for command, n, sender in world.server.late)
    for n, actor in world.actors_of(p):
        command = actor.pc.rstrip('.')
        if command == 'wait':
            lost(world, n, command)
        elif command.isupper():
            if not actor.pc.endswith('.') and world.scenario.late:
                world.server.late = (*world.server.late, (command, n, NOBODY))
            lost(world, n, command)


def renew(world, p):
    """With a new link begins a new generation."""
    process = world.process(p)
    if process.was_linked or 'first-link-outdates-nothing' not in world.rules:
        if 'outdate-with-the-link' in world.rules:
            get.outdate(world, p, VALUE)
        if 'outdate-tokens-with-the-link' in world.rules:
            get.outdate(world, p, TAG)
    process.was_linked = True
    process.d = UP
    process.i = UP if 'subscribe-before-tracking' in world.rules else UNSUBSCRIBED
    process.d_since = process.i_since = 0
    process.run = world.server.run
    world.tell('P{} connects again', p)


def renew_i(world, p):
    """Only without the rule that both go together: the connection I alone is made again."""
    process = world.process(p)
    process.i = UP
    process.i_messages = ()
    process.i_ping = NOBODY
    process.i_since = 0
    # The server still sends what D tracks to the connection that is gone.
    server.forget(world, p)
    world.tell('P{} makes its connection I again', p)


def subscribe(world, p):
    world.process(p).i = UP
    world.tell('P{} subscribes on I', p)


def cut(world, p, which):
    """The server loses a connection, and the process is not told."""
    process = world.process(p)
    world.server.faults += 1
    world.tell('the connection {} of P{} is cut, and P{} is not told', which, p, p)
    if which == 'D':
        process.d = CUT
        server.forget(world, p)
    else:
        process.i = CUT


# --- the server ---

def save(world):
    world.server.snapshot = (world.server.k, world.server.t)
    world.tell('the server saves what it has')


def restart(world):
    now = world.server
    now.faults += 1
    now.k, now.t = now.snapshot
    now.snapshot = ()
    now.run += 1
    now.k_watch = now.t_watch = 0
    now.late = ()
    for p in range(world.model.n_processes):
        process = world.process(p)
        if process.d != CLOSED:
            process.d = process.i = CUT
    world.tell('the server starts again with what it had saved')


def expire(world, key):
    world.tell('{} expires', describe(world, server.value_of(world, key)))
    server.write(world, key, None, NOBODY)


def expire_refresher(world):
    world.tell('the lease of {} expires', world.model.name(world.server.refresher))
    world.server.refresher = NOBODY


def evict(world, key):
    world.server.faults += 1
    world.tell('the server evicts {}', describe(world, server.value_of(world, key)))
    server.write(world, key, None, NOBODY)


def flush(world):
    """FLUSHALL: all are told, and nothing is tracked any more."""
    now = world.server
    now.faults += 1
    now.k = now.t = None
    now.k_watch = now.t_watch = 0
    world.tell('the server is flushed')
    for p in range(world.model.n_processes):
        if world.process(p).d == UP:
            server.push(world, p, 'all')


def die(world, n):
    """Whoever runs a change, or holds a lease, ends without another word."""
    world.tell('{} dies', world.model.name(n))
    world.actor(n).pc = DEAD


def leave_out(world, n):
    world.tell('{} comes too late, as the application knows', world.model.name(n))
    world.actor(n).pc = DONE
    change.next_set(world, n)


def is_gone(world, n):
    return n >= 0 and world.actor(n).pc in (DONE, DEAD, IDLE)


# --- the clock ---

def ping(world, p):
    process = world.process(p)
    world.tell('P{} sends a PING on D and one on I', p)
    process.d_ping = process.i_ping = 0
    if process.d == UP:
        process.d_replies += (('pong', p, None),)
    server.push(world, p, 'pong')


def older(age, bound):
    return age if age == NOBODY or age >= bound else age + 1


def tick(world):
    bound = world.scenario.bound
    world.tell('— a tick —')
    for p in range(world.model.n_processes):
        process = world.process(p)
        if p in world.scenario.leases or process.d == CLOSED:
            process.d_since = older(process.d_since, bound)
            process.i_since = older(process.i_since, bound)
            process.d_ping = older(process.d_ping, bound)
            process.i_ping = older(process.i_ping, bound)
        if process.memory is not None and process.memory[2] != 'shared':
            version, token, kind, age = process.memory
            process.memory = (version, token, kind, older(age, bound))
    for n in range(len(world.model.actors)):
        actor = world.actor(n)
        if actor.pc in get.FLIGHT:
            actor.age = older(actor.age, bound)
    if world.scenario.fence_life:
        age_fences(world)


def age_fences(world):
    """Those whose owner runs are renewed in time; the key ends with the last of its ids."""
    now = world.server
    key = world.scenario.touches
    found = server.value_of(world, key)
    if found is None or found[0] != 'F':
        return
    life = world.scenario.fence_life
    ids = tuple((owner, age + 1 if is_gone(world, owner) else 0) for owner, age in found[1])
    if all(age >= life for _, age in ids):
        server.write(world, key, None, NOBODY)
        return
    ids = tuple((owner, min(age, life + 1)) for owner, age in ids)
    if key == VALUE:
        now.k = ('F', ids)
    else:
        now.t = ('F', ids)
