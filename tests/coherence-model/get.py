# SPDX-License-Identifier: LGPL-2.1-or-later
"""How a process reads: its memory, the flights in it, the server, the loader.

Also what *outdating* is, the one thing that every invalidation does to a process.
"""
import promises
from server import TAG, VALUE
from world import CLOSED, DONE, NOBODY, SOMEBODY

# From its start until it is stored or given up, a load is a flight: it can be outdated.
BEFORE_THE_REPLY = ('GET', 'GET.')
READING = ('TAKE', 'TAKE.', 'TOKEN', 'TOKEN.', 'MAKE', 'MAKE.', *BEFORE_THE_REPLY, 'ACQ', 'ACQ.', 'UNLEASE', 'UNLEASE.', 'wait')
LOADING = ('load', 'loaded', 'hung')
ANSWERED = ('FILL', 'FILL.', 'promote')
FLIGHT = frozenset((*READING, *LOADING, *ANSWERED))
UNANSWERED = frozenset((*READING, *LOADING))
# What a set has under way, or waits for.
SETTING = frozenset(('turn', 'CLAIM', 'CLAIM.', 'PUT', 'PUT.', 'FILL', 'FILL.', 'RELEASE', 'RELEASE.'))


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
    _, _, kind, age = process.memory
    if kind == 'bounded':
        return age < world.scenario.bound or 'degraded-ends' not in world.rules
    if kind == 'set':
        return not world.scenario.clock or age < world.scenario.bound or 'set-ends-unless-stored' not in world.rules
    return lease_holds(world, process) or 'serve-within-the-lease' not in world.rules


def may_join(world, process, flight):
    """Whether a get that begins now may have the answer of a flight."""
    if flight.detached or flight.pc not in FLIGHT:
        return False
    # One that waits looks or loads afterwards.
    if flight.pc == 'wait' or world.scenario.clock and flight.age < world.scenario.bound:
        return True
    if not flight.anchored and 'join-what-is-anchored' in world.rules:
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
    if key == TAG and not world.scenario.tags:
        return
    if key == TAG:
        process.token = 0
    if ('outdated-tag-is-dropped' if key == TAG else 'outdated-is-dropped') in rules:
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
        if pc in READING and 'reading-is-not-overtaken' in rules:
            actor.outdated = max(actor.outdated, 2 if key == TAG else 1)
            continue
        if 'outdated-is-not-stored' in rules:
            actor.doomed = True
        if 'outdated-is-not-joined' in rules:
            actor.detached = True


def overtake_sets(world, p):
    """What the process has set before is not stored any more."""
    if 'own-changes-overtake-sets' in world.rules:
        for n, actor in world.actors_of(p):
            if world.model.actors[n][0] == 'set' and actor.pc in SETTING:
                actor.overtaken = True


def wake(world, p):
    """The server tells a process nothing of what that has changed itself."""
    for n, actor in world.actors_of(p):
        if actor.pc == 'wait':
            look_again(world, n)


def look_again(world, n):
    """What was read does not count: another round, as if it began now."""
    actor, limit = world.actor(n), world.scenario.rounds
    if limit and actor.rounds >= limit:
        world.tell('    {} has looked often enough', world.model.name(n))
        load(world, n, '')
        return
    world.tell('    {} looks again', world.model.name(n))
    actor.doomed = actor.detached = False
    begin_round(world, n)


# --- a get ---

def is_changing(world, p):
    """Whether the process has an invalidation or a set of the key under way that the server has not confirmed."""
    if world.process(p).pending:
        return True
    for n, actor in world.actors_of(p):
        kind = world.model.actors[n][0]
        if kind != 'change' and actor.pc in ('INVALIDATE', 'INVALIDATE.') or kind == 'set' and actor.pc in SETTING:
            return True
    return False


def begin(world, n):
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    actor.floor = promises.floor(world, p)
    if serves(world, process):
        world.tell('{} finds v{} in the memory', world.model.name(n), process.memory[0])
        promises.judge(world, n, process.memory[0])
        actor.pc = DONE
    elif not join(world, n):
        start(world, n)


def begin_refresh(world, n):
    """Somebody asks for what is loaded now."""
    actor, p = world.actor(n), world.model.actors[n][1]
    actor.floor = promises.floor(world, p)
    actor.fresh = True
    if not join(world, n):
        start(world, n)


def join(world, n):
    """Whether there is a flight that it may wait for."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    for m, flight in world.actors_of(p):
        kind = world.model.actors[m][0]
        if m == n or kind == 'set' or not may_join(world, process, flight):
            continue
        if kind == 'refresh' and flight.pc in READING and 'refresh-is-joined-at-once' not in world.rules:
            continue
        if flight.pc in ANSWERED:
            if actor.fresh:
                continue
            world.tell('{} gets v{} of {}', world.model.name(n), flight.value, world.model.name(m))
            promises.judge(world, n, flight.value)
            actor.pc = DONE
            return True
        world.tell('{} joins {}', world.model.name(n), world.model.name(m))
        if flight.pc in READING:
            flight.fresh = flight.fresh or actor.fresh
            flight.asked = True
        actor.joined = m
        actor.pc = 'joined'
        return True
    return False


def start(world, n):
    """A flight begins."""
    actor, p = world.actor(n), world.model.actors[n][1]
    if world.process(p).d == CLOSED:
        world.tell('{} misses; the link is down', world.model.name(n))
        load(world, n, 'down')
    else:
        world.tell('{} misses', world.model.name(n))
        begin_round(world, n)


def begin_round(world, n):
    """It looks at the key, and at the tokens of its tags, as if it began now."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    actor.age = actor.outdated = 0
    actor.anchored = False
    actor.mode = ''
    if world.scenario.rounds:
        actor.rounds += 1
    if is_changing(world, p) and 'pending-is-not-read' in world.rules:
        world.tell('    it does not ask the server, which P{} has not seen change yet', p)
        load(world, n, '')
    elif world.scenario.tags == 'declared' and known_token(world, process) == 0:
        actor.pc = 'TOKEN'
    else:
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
    """It has read what there is to read; the loader is next."""
    actor = world.actor(n)
    if actor.outdated and 'outdated-is-not-anchored' in world.rules:
        actor.anchored = False
    actor.outdated = 0
    actor.mode = mode
    actor.age = 0
    actor.pc = 'load'


def over(world, n):
    """Nothing more comes of it; an early refresh gives back what it took."""
    kind, p = world.model.actors[n][:2]
    world.actor(n).pc = 'DROP' if kind == 'early' and world.process(p).d != CLOSED else DONE


def is_alone(world, n):
    """Nobody waits for it: an early refresh that none has joined."""
    return world.model.actors[n][0] == 'early' and not world.actor(n).asked


def found(world, n, value):
    """The reply of GET, or of an ACQ that was not granted."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    if value is not None:
        actor.anchored = True
    if value is None:
        void(world, n, NOBODY)
    elif value[0] == 'V':
        _, made, version, token, run = value
        known = known_token(world, process) if world.scenario.tags == 'found' else actor.token
        if world.scenario.tags == 'found' and known == 0:
            actor.value, actor.token, actor.seen, actor.mode = version, token, made, 'held'
            actor.pc = 'TOKEN'
        elif ((world.scenario.tags and token != known) or
                (run != process.run and 'values-name-their-server' in world.rules)):
            void(world, n, made)
        else:
            accept(world, n, version, token, made)
    elif is_alone(world, n):
        over(world, n)
    elif value[0] == 'F' or 'wait-for-the-holder' not in world.rules:
        load(world, n, '')
    elif actor.fresh:
        actor.anchored = False
        load(world, n, '')
    elif (actor.outdated or actor.doomed) and 'outdated-waiter-looks-again' in world.rules:
        # What it would wait for has come already: the two streams are unordered.
        look_again(world, n)
    else:
        actor.pc = 'wait'


def void(world, n, made):
    """What is there is of no use.  Without the tokens of its tags nothing can be stored in its place."""
    actor = world.actor(n)
    if is_alone(world, n):
        over(world, n)
    elif world.scenario.tags == 'found':
        load(world, n, '')
    else:
        actor.seen = made
        actor.pc = 'ACQ'


def accept(world, n, version, token, made):
    """A V that is of use."""
    actor = world.actor(n)
    actor.value, actor.token, actor.seen = version, token, made
    if actor.outdated and is_alone(world, n):
        over(world, n)
    elif actor.outdated and 'outdated-reader-looks-again' in world.rules:
        look_again(world, n)
    elif actor.fresh or is_alone(world, n) and made == SOMEBODY:
        # What was there from the start is soon over; nothing else is.
        load(world, n, 'refreshing')
    elif not actor.doomed and 'doom-counts-until-it-is-stored' not in world.rules:
        actor.pc = 'promote'
        answer(world, n)
    else:
        store(world, n)
        over(world, n)
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
    over(world, n)


def token_reply(world, n, value):
    actor, p = world.actor(n), world.model.actors[n][1]
    if value is None and actor.mode != 'held':
        actor.pc = 'MAKE'
    elif value is None or value[0] == 'F' or actor.mode == 'held' and value != ('T', actor.token):
        if is_alone(world, n):
            over(world, n)
        else:
            load(world, n, '')
    else:
        if not actor.doomed and actor.outdated < 2:
            world.process(p).token = value[1]
        actor.token = value[1]
        actor.pc = 'GET'
        if actor.mode == 'held':
            accept(world, n, actor.value, actor.token, actor.seen)


def make_reply(world, n, _):
    world.actor(n).pc = 'TOKEN'


def acq_reply(world, n, value):
    actor = world.actor(n)
    if value != 'granted':
        found(world, n, value)
        return
    actor.anchored = True
    if actor.outdated == 2 and 'outdated-tokens-are-read-again' in world.rules:
        actor.pc = 'UNLEASE'
    else:
        load(world, n, 'leased')


def unlease_reply(world, n, _):
    look_again(world, n)


def fill_reply(world, n, stored):
    if stored:
        store(world, n)
    over(world, n)


def done_reply(world, n, _):
    world.actor(n).pc = DONE


def release_reply(world, n, _):
    over(world, n)


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
    if world.scenario.nothing:
        bring_nothing(world, n)
        return
    if world.scenario.tags and 'tokens-are-read-before-the-load' not in world.rules:
        now = world.server.t
        if now is not None and now[0] == 'T':
            actor.token = now[1]
    if actor.mode != '' and not actor.doomed and world.scenario.clock:
        # Also while it is stored, and when that fails.
        process.memory = (actor.value, actor.token, 'bounded',
                          actor.age if 'degraded-counts-from-the-start' in world.rules else 0)
    if actor.mode in ('leased', 'refreshing') and process.d != CLOSED and not actor.doomed:
        actor.pc = 'FILL'
    elif actor.mode == 'leased' and process.d != CLOSED:
        actor.pc = 'RELEASE'
    else:
        over(world, n)
    answer(world, n)


def bring_nothing(world, n):
    """There is nothing in the source.  Of a refresh that is an end of what was there: a change of its own."""
    actor, p = world.actor(n), world.model.actors[n][1]
    refreshing, value = actor.mode == 'refreshing', actor.value
    for _, other in world.actors_of(p):
        if other.pc == 'joined' and other.joined == n:
            other.pc = DONE
    if not refreshing or actor.doomed or 'refresh-of-nothing-invalidates' not in world.rules:
        actor.pc = 'RELEASE' if actor.mode == 'leased' and world.process(p).d != CLOSED else DONE
    else:
        actor.pc = 'INVALIDATE'
        outdate(world, p)
        overtake_sets(world, p)
    if refreshing and not actor.doomed:
        promises.returned(world, p, value)


def fail_load(world, n):
    """An early refresh leaves r: where it is, so that a source that fails is not asked again at once."""
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
    load(world, n, '')


# --- an early refresh ---

def begin_early(world, n):
    """Somebody was served what is soon over."""
    actor, p = world.actor(n), world.model.actors[n][1]
    process = world.process(p)
    actor.floor = promises.floor(world, p)
    busy = any(may_join(world, process, flight) and world.model.actors[m][0] != 'set'
               for m, flight in world.actors_of(p) if m != n)
    world.tell('{} begins', world.model.name(n))
    actor.pc = DONE if busy or process.d == CLOSED or is_changing(world, p) else 'TAKE'


def take_reply(world, n, granted):
    p = world.model.actors[n][1]
    if not granted and is_alone(world, n):
        world.actor(n).pc = DONE
    elif is_changing(world, p) and is_alone(world, n):
        over(world, n)
    else:
        begin_round(world, n)


# --- what becomes of it when no reply comes ---

def lost(world, n, command):
    actor, p = world.actor(n), world.model.actors[n][1]
    if command in ('FILL', 'RELEASE', 'DROP') or is_alone(world, n):
        actor.pc = DONE
    else:
        load(world, n, 'down' if world.process(p).d == CLOSED else '')


REPLIES = {'GET': found, 'ACQ': acq_reply, 'UNLEASE': unlease_reply, 'FILL': fill_reply, 'TOKEN': token_reply,
           'MAKE': make_reply, 'RELEASE': release_reply, 'TAKE': take_reply, 'DROP': done_reply}
