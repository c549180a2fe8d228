# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a process changes something: a change of the source in its bracket, a delete, a set."""
import promises
from get import SETTING, outdate, overtake_sets
from world import CLOSED, DONE


def is_up(world, p):
    return world.process(p).d != CLOSED


# --- a change of the source, with an invalidator ---

def begin(world, n):
    actor, p = world.actor(n), world.model.actors[n][1]
    world.tell('{} begins', world.model.name(n))
    overtake_sets(world, p)
    if is_up(world, p) and 'fence-before-the-change' in world.rules:
        actor.pc = 'FENCE'
    elif not is_up(world, p) and 'strict' in world.model.actors[n]:
        world.tell('{} is refused', world.model.name(n))
        actor.pc = DONE
    else:
        actor.pc = 'commit'


def fence_reply(world, n, _):
    """Also where nobody waits for it any more."""
    if 'outdate-when-fenced' in world.rules:
        outdate(world, world.model.actors[n][1], world.scenario.touches)
    if world.actor(n).pc == 'FENCE.':
        world.actor(n).pc = 'commit'


def commit(world, n):
    actor, p = world.actor(n), world.model.actors[n][1]
    world.server.source += 1
    actor.value = world.server.source
    world.tell('{} changes the source to v{}', world.model.name(n), actor.value)
    overtake_sets(world, p)
    if not is_up(world, p):
        unanswered(world, n)
    elif 'end-is-answered-first' in world.rules:
        actor.pc = 'UNFENCE'
    else:
        promises.acknowledged(world, p, actor.value)
        world.tell('{} is acknowledged', world.model.name(n))
        actor.pc = 'UNFENCE'


def unfence_reply(world, n, _):
    actor, p = world.actor(n), world.model.actors[n][1]
    if 'outdate-when-unfenced' in world.rules:
        outdate(world, p, world.scenario.touches)
    if actor.pc == 'UNFENCE.':
        acknowledge(world, n)


def acknowledge(world, n):
    actor, p = world.actor(n), world.model.actors[n][1]
    promises.acknowledged(world, p, actor.value)
    world.tell('    {} is acknowledged: v{}', world.model.name(n), actor.value)
    actor.pc = DONE


def unanswered(world, n):
    """The server has not confirmed it: the call returns, and says that it is pending."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    if 'outdate-when-unfenced' in world.rules:
        outdate(world, p, world.scenario.touches)
    if 'unanswered-is-pending' in world.rules:
        process.pending = (*process.pending, (n, actor.value))
        promises.returned(world, p, actor.value)
        world.tell('    {} returns; its invalidation is pending', world.model.name(n))
        actor.pc = DONE
    else:
        acknowledge(world, n)


# --- the application changes the source, then deletes the key ---

def begin_delete(world, n):
    actor, p = world.actor(n), world.model.actors[n][1]
    world.server.source += 1
    actor.value = world.server.source
    world.tell('{}: the source is changed to v{}, then the key is deleted', world.model.name(n), actor.value)
    if 'outdate-at-the-call' in world.rules:
        outdate(world, p, world.scenario.touches)
    overtake_sets(world, p)
    promises.returned(world, p, actor.value)
    if is_up(world, p):
        actor.pc = 'INVALIDATE'
    else:
        unanswered(world, n)


def invalidate_reply(world, n, _):
    if 'outdate-when-invalidated' in world.rules:
        outdate(world, world.model.actors[n][1], world.scenario.touches)
    if world.actor(n).pc == 'INVALIDATE.':
        acknowledge(world, n)


# --- a set ---

def begin_set(world, n):
    """The application changes the source and sets what it has written."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    world.server.source += 1
    actor.value = world.server.source
    world.tell('{}: the source is changed to v{}, which is set', world.model.name(n), actor.value)
    if 'outdate-at-the-call' in world.rules:
        outdate(world, p, but=n)
    process.memory = (actor.value, 0, 'set', 0)
    promises.returned(world, p, actor.value)
    if any(other.pc in SETTING and world.model.actors[m][0] == 'set' for m, other in world.actors_of(p)):
        actor.pc = 'turn'
    else:
        claim(world, n)


def claim(world, n):
    """Its turn."""
    actor, p = world.actor(n), world.model.actors[n][1]
    if actor.overtaken and 'overtaken-set-is-claimed' not in world.rules:
        end_set(world, n)
    elif is_up(world, p):
        actor.pc = 'CLAIM' if 'set-takes-two-steps' in world.rules else 'PUT'
    else:
        unanswered_set(world, n)


def next_set(world, n):
    """One set of a process at a time: this one is over."""
    for m, other in world.actors_of(world.model.actors[n][1]):
        if other.pc == 'turn':
            claim(world, m)
            return


def end_set(world, n):
    acknowledge(world, n)
    next_set(world, n)


def claim_reply(world, n, granted):
    actor = world.actor(n)
    if not granted:
        # The value is nowhere but in the memory, where it ends by itself.
        end_set(world, n)
    elif actor.overtaken or actor.doomed and 'set-is-stored-though-outdated' not in world.rules:
        actor.pc = 'RELEASE'
    else:
        actor.pc = 'FILL'


def release_reply(world, n, _):
    end_set(world, n)


def set_fill_reply(world, n, stored):
    actor = world.actor(n)
    if not stored:
        end_set(world, n)
        return
    process = world.process(world.model.actors[n][1])
    if process.memory is not None and process.memory[2] == 'set' and process.memory[0] == actor.value:
        process.memory = None
    if not actor.doomed:
        process.memory = (actor.value, actor.token, 'shared', 0)
    end_set(world, n)


def unanswered_set(world, n):
    """Nobody knows what has become of it: it is to be removed."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    process.pending = (*process.pending, (n, actor.value))
    world.tell('    {} is not stored; an invalidation in its place is pending', world.model.name(n))
    actor.pc = DONE
    next_set(world, n)


# --- what is pending is sent again ---

def replay_reply(world, p, _):
    process = world.process(p)
    if 'outdate-when-invalidated' in world.rules:
        outdate(world, p, world.scenario.touches)
    process.replaying = False
    (n, version), process.pending = process.pending[0], process.pending[1:]
    promises.acknowledged(world, p, version)
    world.tell('    {} is confirmed: v{}', world.model.name(n), version)


def lost(world, n, command):
    actor = world.actor(n)
    if command == 'FENCE':
        if 'strict' in world.model.actors[n]:
            world.tell('    {} is refused', world.model.name(n))
            actor.pc = DONE
        else:
            actor.pc = 'commit'
    elif command in ('CLAIM', 'PUT', 'FILL', 'RELEASE'):
        unanswered_set(world, n)
    else:
        unanswered(world, n)


REPLIES = {'FENCE': fence_reply, 'UNFENCE': unfence_reply, 'INVALIDATE': invalidate_reply, 'CLAIM': claim_reply,
           'PUT': set_fill_reply, 'FILL': set_fill_reply, 'RELEASE': release_reply}
