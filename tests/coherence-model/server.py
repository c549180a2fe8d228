# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Redis server: values, the tracking of keys, and the scripts, each of which happens at once.

Tracking is that of `CLIENT TRACKING ON REDIRECT … NOLOOP`: who reads a key is told once when it changes; the
writer's own connection is not told, and is forgotten with the others.
"""
import promises
from world import NOBODY, SOMEBODY, UNSUBSCRIBED, UP

# The keys, and the fields that hold them.
VALUE, TAG = 'k', 't'


def value_of(world, key):
    return world.server.k if key == VALUE else world.server.t


def push(world, p, message):
    """To the connection I of a process, where it has one."""
    process = world.process(p)
    if process.i == UP or process.i == UNSUBSCRIBED and message == 'pong':
        process.i_messages += (message,)


def watch(world, key, reader):
    """The key was read."""
    if reader == NOBODY or world.process(reader).d != UP:
        return
    if key == VALUE:
        world.server.k_watch |= 1 << reader
    else:
        world.server.t_watch |= 1 << reader


def write(world, key, value, writer):
    """The key is changed, by a process or by NOBODY that tracks it."""
    server = world.server
    if key == VALUE:
        watching, server.k_watch, server.k = server.k_watch, 0, value
    else:
        watching, server.t_watch, server.t = server.t_watch, 0, value
    for p in range(world.model.n_processes):
        if watching >> p & 1 and p != writer:
            push(world, p, key)


def forget(world, p):
    """The connection D of a process is gone, and with it what it tracks."""
    world.server.k_watch &= ~(1 << p)
    world.server.t_watch &= ~(1 << p)


# --- the scripts: each is given the actor whose command it is, and the process whose connection it came on, NOBODY
#     where that connection is not there any more; each gives its reply ---

def get(world, n, p):
    watch(world, VALUE, p)
    return world.server.k


def token(world, n, p):
    watch(world, TAG, p)
    return world.server.t


def make(world, n, p):
    """SET … NX of a new token; who asked reads it afterwards."""
    server = world.server
    if server.t is None:
        server.tokens += 1
        write(world, TAG, ('T', server.tokens if 'tokens-are-random' in world.rules else 1), p)


def acq(world, n, p):
    actor, found = world.actor(n), world.server.k
    void = (found is not None and found[0] == 'V' and found[1] == actor.seen)
    if found is None or void or 'acq-takes-only-what-is-missing' not in world.rules:
        write(world, VALUE, ('L', n), p)
        if 'acq-rearms' in world.rules:
            watch(world, VALUE, p)
        return 'granted'
    watch(world, VALUE, p)
    return found


def fill(world, n, p):
    actor, found = world.actor(n), world.server.k
    home = world.model.actors[n][1]
    if actor.mode == 'refreshing':
        expected = found is not None and found[0] == 'V' and (
            found[1] == actor.seen or 'refresh-expects-its-id' not in world.rules)
    else:
        expected = found == ('L', n)
    if not expected and 'fill-expects-its-lease' in world.rules:
        watch(world, VALUE, p)
        return False
    made = n if 'fill-makes-an-id' in world.rules else SOMEBODY
    write(world, VALUE, ('V', made, actor.value, actor.token, world.process(home).run), p)
    if 'fill-rearms' in world.rules:
        watch(world, VALUE, p)
    return True


def claim(world, n, p):
    """The first step of a set."""
    found = world.server.k
    if found is not None and found[0] == 'F' and 'claim-leaves-fences' in world.rules:
        watch(world, VALUE, p)
        return False
    write(world, VALUE, ('L', n), p)
    return True


def put(world, n, p):
    """A set in one step, which is what a set without its first step is."""
    actor, found = world.actor(n), world.server.k
    if found is not None and found[0] == 'F':
        return False
    write(world, VALUE, ('V', n, actor.value, actor.token, world.process(world.model.actors[n][1]).run), p)
    watch(world, VALUE, p)
    return True


def release(world, n, p):
    if world.server.k == ('L', n) or 'release-expects-its-lease' not in world.rules:
        write(world, VALUE, None, p)


def invalidate(world, n, p):
    key = world.scenario.touches
    found = value_of(world, key)
    if found is not None and found[0] == 'F' and 'invalidate-leaves-fences' in world.rules:
        if 'invalidate-announces' in world.rules:
            write(world, key, found, p)
    elif found is not None:
        write(world, key, None, p)


def fence_ids(world, found):
    """The ids of a fence that have not ended; with one deadline for all, whoever comes moves it for all."""
    if found is None or found[0] != 'F':
        return ()
    if not world.scenario.clock or 'fence-has-a-deadline-for-each' not in world.rules:
        return found[1]
    return tuple((owner, age) for owner, age in found[1] if age < world.scenario.fence_life)


def fence(world, n, p):
    key = world.scenario.touches
    ids = fence_ids(world, value_of(world, key))
    write(world, key, ('F', tuple(sorted((*ids, (n, 0))))), p)
    promises.judge_fence(world, ids)


def unfence(world, n, p):
    key = world.scenario.touches
    found = value_of(world, key)
    if found is None:
        return
    if found[0] == 'F':
        left = tuple(one for one in fence_ids(world, found) if one[0] != n)
        if 'unfence-leaves-others' not in world.rules:
            left = ()
        write(world, key, ('F', left) if left else None, p)
        promises.judge_fence(world, left)
    elif found[0] == 'L':
        if 'unfence-removes-leases' in world.rules:
            write(world, key, None, p)
    elif 'unfence-removes-values' in world.rules:
        write(world, key, None, p)


def take(world, n, p):
    """SET … NX of the key r:, the lease of an early refresh."""
    if world.server.refresher != NOBODY:
        return False
    world.server.refresher = n
    return True


def drop(world, n, p):
    """RELEASE of the key r:."""
    if world.server.refresher == n:
        world.server.refresher = NOBODY


SCRIPTS = {'GET': get, 'TOKEN': token, 'MAKE': make, 'ACQ': acq, 'FILL': fill, 'CLAIM': claim, 'PUT': put,
           'RELEASE': release, 'UNLEASE': release, 'INVALIDATE': invalidate, 'FENCE': fence, 'UNFENCE': unfence,
           'TAKE': take, 'DROP': drop}
