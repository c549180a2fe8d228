# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a process reads: its memory, the flights in it, the server, the loader.

Also what *outdating* is, the one thing that every invalidation does to a process.
"""
import promises
from server import TAG, VALUE
from world import CLOSED, DONE, NOBODY

# From its start until it is stored or given up, a load is a flight: it can be outdated.
BEFORE_THE_REPLY = ('GET', 'GET.')
READING = ('TOKEN', 'TOKEN.', 'MAKE', 'MAKE.', *BEFORE_THE_REPLY, 'ACQ', 'ACQ.', 'wait', 'TAKE', 'TAKE.')
LOADING = ('load', 'loaded', 'hung')
ANSWERED = ('FILL', 'FILL.', 'promote')
FLIGHT = frozenset((*READING, *LOADING, *ANSWERED))
UNANSWERED = frozenset((*READING, *LOADING))
# What a set has under way.
SETTING = frozenset(('CLAIM', 'CLAIM.', 'PUT', 'PUT.', 'FILL', 'FILL.'))


# --- what may be served, and what may be joined ---

def lease_holds(world, process):
    """Whether all that was invalidated until T ago is known here."""
    if not world.scenario.clock:
        return True
    bound = world.scenario.bound
    return ((process.d_since < bound or 'lease-of-d' not in world.rules) and
            (process.i_since < bound or 'lease-of-i' not in world.rules))


def known_token(world, process):
    """The token that the table has, where that may be relied on; else 0."""
    if lease_holds(world, process) or 'tokens-within-the-lease' not in world.rules:
        return process.token
    return 0


def serves(world, process):
    """Whether what the memory has may be served."""
    if process.memory is None:
        return False
    _, token, kind, age = process.memory
    if kind == 'degraded':
        return age < world.scenario.bound or 'degraded-ends' not in world.rules
    if kind == 'set':
        return not world.scenario.clock or age < world.scenario.bound or 'set-ends-unless-stored' not in world.rules
    if world.scenario.tags and token != process.token and 'memory-compares-tokens' in world.rules:
        return False
    return lease_holds(world, process) or 'serve-within-the-lease' not in world.rules


def may_join(world, process, flight):
    """Whether a get that begins now may have the answer of a flight."""
    if flight.detached or flight.pc not in FLIGHT:
        return False
    if world.scenario.clock and flight.age < world.scenario.bound:
        return True
    if flight.mode == 'loose' and 'join-what-is-anchored' in world.rules:
        return False
    return lease_holds(world, process) or 'join-within-the-lease' not in world.rules


def is_valid(world, value):
    """Whether a V is one that somebody who reads it now would use."""
    _, _, _, token, run = value
    if world.scenario.tags and world.server.t != ('T', token):
        return False
    return run == world.server.run or 'values-name-their-server' not in world.rules


# --- outdating ---

def outdate(world, p, key=VALUE, but=None):
    """What was read of a key before now is not served, not stored and not joined in this process."""
    process = world.process(p)
    rules = world.rules
    if key == TAG:
        process.token = 0
    elif 'outdated-is-dropped' in rules:
        process.memory = None
    for n, actor in world.actors_of(p):
        pc = actor.pc
        if n == but or pc not in FLIGHT and pc not in SETTING:
            continue
        if pc in BEFORE_THE_REPLY and 'flight-begins-before-its-get' not in rules:
            continue
        if pc == 'wait':
            look_again(world, n)
            continue
        if 'outdated-is-not-stored' in rules:
            actor.doomed = True
        if 'outdated-is-not-joined' in rules:
            actor.detached = True


def wake(world, p):
    """The server tells a process nothing of what that has changed itself."""
    for n, actor in world.actors_of(p):
        if actor.pc == 'wait':
            look_again(world, n)


def look_again(world, n):
    """Whoever waited for the load of another asks the server again, as if it began now."""
    actor = world.actor(n)
    world.tell('    {} looks again', world.model.name(n))
    actor.pc = 'GET'
    actor.doomed = actor.detached = False
    actor.age = 0


# --- a get ---

def is_changing(world, p):
    """Whether the process has an invalidation of the key under way that the server has not confirmed."""
    if world.process(p).pending:
        return True
    return any(actor.pc in ('INVALIDATE', 'INVALIDATE.', 'CLAIM', 'CLAIM.', 'PUT', 'PUT.', 'FILL', 'FILL.') and
               world.model.actors[n][0] in ('delete', 'set') for n, actor in world.actors_of(p))


def begin(world, n):
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    actor.floor = promises.floor(world, p)
    if serves(world, process):
        world.tell('{} finds v{} in the memory', world.model.name(n), process.memory[0])
        promises.judge(world, n, process.memory[0])
        actor.pc = DONE
        return
    for m, flight in world.actors_of(p):
        kind = world.model.actors[m][0]
        if m == n or kind == 'set' or kind == 'refresh' and flight.pc in READING or not may_join(world, process, flight):
            continue
        if flight.pc in ANSWERED:
            world.tell('{} gets v{} of {}', world.model.name(n), flight.value, world.model.name(m))
            promises.judge(world, n, flight.value)
            actor.pc = DONE
        else:
            world.tell('{} joins {}', world.model.name(n), world.model.name(m))
            actor.joined = m
            actor.pc = 'joined'
        return
    start(world, n)


def start(world, n):
    """A flight begins."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    actor.mode = 'loose'
    actor.age = 0
    if process.d == CLOSED:
        world.tell('{} misses; the link is down', world.model.name(n))
        actor.mode = 'down'
        actor.pc = 'load'
    elif is_changing(world, p) and 'pending-is-not-read' in world.rules:
        world.tell('{} misses, and does not ask the server, which P{} has not seen change yet', world.model.name(n), p)
        actor.pc = 'load'
    elif world.scenario.tags == 'declared' and known_token(world, process) == 0:
        world.tell('{} misses, and asks for the token', world.model.name(n))
        actor.pc = 'TOKEN'
    else:
        world.tell('{} misses', world.model.name(n))
        actor.token = process.token
        actor.pc = 'GET'


def answer(world, n):
    """Who waits for a flight is given its value."""
    actor = world.actor(n)
    promises.judge(world, n, actor.value)
    for m, other in world.actors_of(world.model.actors[n][1]):
        if other.pc == 'joined' and other.joined == n:
            promises.judge(world, m, actor.value)
            other.pc = DONE


def load(world, n, mode):
    actor = world.actor(n)
    actor.mode = mode
    actor.age = 0
    actor.pc = 'load'


def found(world, n, value):
    """The reply of GET, or of an ACQ that was not granted."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    if value is None:
        void(world, n, NOBODY)
    elif value[0] == 'V':
        _, made, version, token, run = value
        known = known_token(world, process) if world.scenario.tags == 'found' else actor.token
        if world.scenario.tags == 'found' and known == 0:
            actor.value, actor.token, actor.mode = version, token, 'held'
            actor.pc = 'TOKEN'
            return
        if ((world.scenario.tags and token != known) or
                (run != process.run and 'values-name-their-server' in world.rules)):
            void(world, n, made)
            return
        accept(world, n, version, token)
    elif value[0] == 'F' or 'wait-for-the-holder' not in world.rules:
        load(world, n, 'present')
    elif actor.doomed and 'outdated-waiter-looks-again' in world.rules:
        # What it would wait for has come already: the two streams are unordered.
        look_again(world, n)
    else:
        actor.mode = 'present'
        actor.pc = 'wait'


def void(world, n, made):
    """What is there is of no use.  Without the tokens of its tags nothing can be stored in its place."""
    actor = world.actor(n)
    if world.scenario.tags == 'found':
        load(world, n, 'present')
    else:
        actor.seen = made
        actor.pc = 'ACQ'


def accept(world, n, version, token):
    actor = world.actor(n)
    actor.value, actor.token = version, token
    if not actor.doomed and 'doom-counts-until-it-is-stored' not in world.rules:
        actor.pc = 'promote'
    else:
        store(world, n)
        actor.pc = DONE
    answer(world, n)


def store(world, n):
    """What the server has comes into the memory."""
    actor = world.actor(n)
    if not actor.doomed:
        world.process(world.model.actors[n][1]).memory = (actor.value, actor.token, 'shared', 0)


def promote(world, n):
    """Only without the rule that doom counts until the end: it is looked at when the reply comes, and stored later."""
    actor = world.actor(n)
    world.tell('{} puts v{} into the memory', world.model.name(n), actor.value)
    world.process(world.model.actors[n][1]).memory = (actor.value, actor.token, 'shared', 0)
    actor.pc = DONE


def token_reply(world, n, value):
    actor, p = world.actor(n), world.model.actors[n][1]
    if actor.mode == 'held' and value != ('T', actor.token):
        load(world, n, 'present')
    elif value is None:
        actor.pc = 'MAKE'
    elif value[0] == 'F':
        load(world, n, 'present')
    else:
        if not actor.doomed:
            world.process(p).token = value[1]
        actor.token = value[1]
        actor.pc = 'GET'
        if actor.mode == 'held':
            accept(world, n, actor.value, actor.token)


def make_reply(world, n, _):
    world.actor(n).pc = 'TOKEN'


def acq_reply(world, n, value):
    if value == 'granted':
        load(world, n, 'leased')
    else:
        found(world, n, value)


def fill_reply(world, n, stored):
    actor = world.actor(n)
    if stored:
        store(world, n)
    actor.pc = DONE


def done_reply(world, n, _):
    world.actor(n).pc = DONE


def read_source(world, n):
    actor = world.actor(n)
    actor.value = world.server.source
    if world.scenario.counts_loads:
        world.server.loads += 1
        if world.server.loads > 1:
            world.fail('the key is loaded a second time, by {}, though nothing has failed', world.model.name(n))
    world.tell('{} loads v{}', world.model.name(n), actor.value)
    actor.pc = 'loaded'


def loaded(world, n):
    """The load is over: whoever waits is answered, then it is stored."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    world.tell('{} has loaded v{}', world.model.name(n), actor.value)
    if world.scenario.tags and 'tokens-are-read-before-the-load' not in world.rules:
        now = world.server.t
        if now is not None and now[0] == 'T':
            actor.token = now[1]
    if actor.mode == 'leased':
        actor.pc = 'RELEASE' if actor.doomed else 'FILL'
        if process.d == CLOSED:
            actor.pc = DONE
    else:
        if actor.mode == 'down' and not actor.doomed:
            process.memory = (actor.value, 0, 'degraded', actor.age if 'degraded-counts-from-the-start' in world.rules else 0)
        actor.pc = DONE
    answer(world, n)


def fail_load(world, n):
    actor = world.actor(n)
    world.tell('{}: its loader fails', world.model.name(n))
    for _, other in world.actors_of(world.model.actors[n][1]):
        if other.pc == 'joined' and other.joined == n:
            other.pc = DONE
    actor.pc = 'RELEASE' if actor.mode == 'leased' else DONE


def hang(world, n):
    world.tell('{}: its loader does not end, and its lease is renewed', world.model.name(n))
    world.actor(n).pc = 'hung'


def stop_waiting(world, n):
    world.tell('{} has waited long enough for the holder', world.model.name(n))
    load(world, n, 'present')


# --- a refresh ---

def begin_refresh(world, n):
    actor = world.actor(n)
    actor.floor = promises.floor(world, world.model.actors[n][1])
    actor.age = 0
    actor.mode = 'present'
    world.tell('{} begins', world.model.name(n))
    actor.pc = 'GET'


def refresh_found(world, n, value):
    actor = world.actor(n)
    if value is None or value[0] != 'V':
        actor.pc = DONE
    else:
        actor.seen = value[1]
        actor.pc = 'TAKE'


def take_reply(world, n, granted):
    if granted:
        load(world, n, 'leased')
    else:
        world.actor(n).pc = DONE


# --- what becomes of it when no reply comes ---

def lost(world, n, command):
    actor, p = world.actor(n), world.model.actors[n][1]
    if world.model.actors[n][0] == 'refresh' or command in ('FILL', 'RELEASE'):
        actor.pc = DONE
    else:
        load(world, n, 'down' if world.process(p).d == CLOSED else 'loose')


REPLIES = {'GET': found, 'ACQ': acq_reply, 'FILL': fill_reply, 'TOKEN': token_reply, 'MAKE': make_reply,
           'RELEASE': done_reply}
REFRESH_REPLIES = {'GET': refresh_found, 'TAKE': take_reply, 'FILL': fill_reply, 'RELEASE': done_reply}
