# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of the protocol, and its freedoms, by name.  docs/coherence-protocol.md refers to them by these names.

Each can be switched off.  Without a rule the scenario that is named here breaks a promise: a rule that nothing would miss is none.  Without a
freedom no promise is broken, but the protocol is a stricter one.
"""
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    name: str
    text: str
    shown_by: str    # the scenario that fails without it


@dataclass(frozen=True)
class Freedom:
    name: str
    text: str
    shown_by: str    # a scenario that has other states without it
    bounds: tuple    # the rules that say how far it goes


RULES = {rule.name: rule for rule in (
    # --- the scripts in the server ---
    Rule('acq-takes-only-what-is-missing', 'ACQ grants a lease only where nothing is, or what the reader found void.', 'herd'),
    Rule('acq-rearms', 'ACQ ends with a read, so that the key is tracked again after its own write.', 'joining-delete'),
    Rule('fill-expects-its-lease', 'FILL stores only where its own lease still is.', 'joining-delete'),
    Rule('fill-rearms', 'FILL ends with a read, so that the key is tracked again after its own write.', 'change'),
    Rule('fill-makes-an-id', 'Every V has a new random id.', 'early-refresh'),
    Rule('refresh-expects-its-id', 'The FILL of a refresh stores only in place of the very V that was refreshed.', 'early-refresh'),
    Rule('release-expects-its-lease', 'RELEASE removes nothing but its own lease.', 'failing'),
    Rule('claim-leaves-fences', 'CLAIM, the first step of a set, is refused where a fence is.', 'set-and-die'),
    Rule('invalidate-leaves-fences', 'INVALIDATE removes no fence.', 'delete'),
    Rule('invalidate-announces', 'INVALIDATE changes a fence that it leaves, so that all who have seen it are told.', 'delete-in-a-bracket'),
    Rule('unfence-leaves-others', 'UNFENCE removes its own id and leaves those of others that have not ended.', 'two-changes'),
    Rule('unfence-removes-values', 'UNFENCE removes a V where it finds no fence.', 'available'),
    Rule('unfence-removes-leases', 'UNFENCE removes an L where it finds no fence.', 'lost-fence'),
    Rule('fence-has-a-deadline-for-each', 'Every id of a fence has its own deadline; FENCE and UNFENCE drop those that have passed.', 'fences'),
    Rule('values-name-their-server', 'A V names the run of the server that it was stored in; one of another run is void.', 'restart'),

    # --- outdating ---
    Rule('outdated-is-dropped', 'Outdating a key drops its entry from the memory.', 'flush'),
    Rule('outdated-is-not-stored', 'Outdating a key dooms its flights: what they bring is not put into the memory.', 'joining-delete'),
    Rule('outdated-is-not-joined', 'Outdating a key detaches its flights: nobody joins them any more.', 'joining'),
    Rule('outdate-on-a-message', 'An invalidation message outdates its key.', 'flush'),
    Rule('outdate-all-on-a-flush', 'The message without a key outdates everything.', 'flush'),
    Rule('outdate-at-the-call', 'A delete and a set outdate the key before they return.', 'own-delete'),
    Rule('outdate-when-fenced', 'The reply of FENCE outdates the key, in its handler, whoever still waits for it.', 'change'),
    Rule('outdate-when-unfenced', 'The reply of UNFENCE outdates the key, in its handler; so does its absence.', 'joining-own'),
    Rule('outdate-when-invalidated', 'The reply of INVALIDATE outdates the key, in its handler.', 'own-delete'),
    Rule('outdate-with-the-link', 'With a new link every key is outdated.', 'reconnect'),
    Rule('outdate-tokens-with-the-link', 'With a new link the table of tokens is emptied.', 'tag-reconnect'),

    # --- reading ---
    Rule('flight-begins-before-its-get', 'A flight can be outdated from before its GET is written.', 'change'),
    Rule('doom-counts-until-it-is-stored', 'Whether a flight is doomed is looked at where it is stored, under the same lock.', 'joining'),
    Rule('wait-for-the-holder', 'Who finds the lease of another waits for it.', 'herd'),
    Rule('waiting-has-an-end', 'Who has waited for a holder as long as a lease may last loads without storing.', 'bad-loaders'),
    Rule('outdated-waiter-looks-again', 'Who was outdated before it learnt of the lease does not wait: what it would wait for has come.', 'bad-loaders'),
    Rule('outdated-reader-looks-again', 'Who was outdated since it looked does not use the V that it finds, but looks again.', 'reading-own-delete'),
    Rule('outdated-is-not-anchored', 'Who was outdated while it read, and then loads, is joined as one that has seen nothing.', 'joining'),
    Rule('outdated-tokens-are-read-again', 'Who was granted a lease, and whose tokens were outdated while it read, gives it back and looks again.', 'tag-load'),
    Rule('own-write-wakes-own-waiters', 'The reply of a script that writes wakes those who wait for the key in the same process.', 'own-delete'),
    Rule('join-what-is-anchored', 'T after its load began, a flight is joined only if it has seen something at the key.', 'unanchored'),
    Rule('pending-is-not-read', 'While an invalidation of a key is not confirmed, its process does not read that key from the server.', 'available-own'),

    # --- refreshing ---
    Rule('refresh-of-nothing-invalidates', 'A refresh that brings nothing ends what was there: INVALIDATE, as a delete does.', 'refresh-of-nothing'),

    # --- changing ---
    Rule('fence-before-the-change', 'The fence is there before the source is changed.', 'change'),
    Rule('end-is-answered-first', 'A change is acknowledged when UNFENCE is answered, not before.', 'available'),
    Rule('unanswered-is-pending', 'A change or a delete whose last script is not answered is pending, and not acknowledged.', 'available'),
    Rule('pending-is-sent-again', 'What is pending is sent again, and acknowledged when that is answered.', 'available'),
    Rule('own-changes-overtake-sets', 'A set is not stored when its own process has changed the key since.', 'set-and-own-delete'),
    Rule('overtaken-set-is-claimed', 'A set that was overtaken before it began is claimed all the same, before it is acknowledged.', 'sets-and-a-delete'),
    Rule('set-takes-two-steps', 'A set claims the key, and stores only when that was answered.', 'set'),
    Rule('set-ends-unless-stored', 'What was set is served for T after the call at most, unless it was stored.', 'first-link'),

    # --- tags ---
    Rule('tokens-are-random', 'A tag that is made again has another token than before.', 'tag'),
    Rule('tokens-are-read-before-the-load', 'What is stored has the tokens that were read before its load began.', 'tag-load'),
    Rule('outdated-tag-is-dropped', 'Outdating a tag drops the entries with it from the memory.', 'tag'),
    Rule('tokens-within-the-lease', 'The table of tokens is relied on within the time lease; beyond it they are read again.', 'tag-freezing'),

    # --- time ---
    Rule('serve-within-the-lease', 'What came from the server is served only within the lease.', 'freezing'),
    Rule('join-within-the-lease', 'T after its load began, a flight is joined only within the lease.', 'freezing-while-loading'),
    Rule('lease-counts-from-the-sending', 'The lease counts from when the PING was sent that was echoed, not from the echo.', 'freezing'),
    Rule('lease-of-d', 'The lease needs echoes on D.', 'cut'),
    Rule('lease-of-i', 'The lease needs echoes on I.', 'cut'),
    Rule('subscribe-before-tracking', 'I has subscribed before D turns tracking on.', 'freezing'),
    Rule('both-connections-end-together', 'When one of the connections ends, both are made again.', 'cut'),
    Rule('degraded-ends', 'What was loaded without a link is served for T at most.', 'down'),
    Rule('degraded-counts-from-the-start', 'That time counts from the start of the load.', 'down'),
)}

# What is allowed, though a stricter protocol would keep its promises as well.  All scenarios have them, and the one that is named here has other
# states without.  The rules that are named with each say how far it goes.
FREEDOMS = {rule.name: rule for rule in (
    Freedom('set-is-stored-though-outdated', 'A set is stored though messages outdate its key meanwhile; only its memory is gone.', 'set-and-delete',
            ('own-changes-overtake-sets', 'set-takes-two-steps', 'fill-expects-its-lease')),
    Freedom('first-link-outdates-nothing', 'The first link of a process outdates nothing: nothing was read from a server before.', 'first-link',
            ('degraded-ends', 'set-ends-unless-stored', 'outdate-with-the-link')),
    Freedom('reading-is-not-overtaken', 'A flight that still reads is neither doomed nor detached when it is outdated.', 'joining',
            ('outdated-reader-looks-again', 'outdated-waiter-looks-again', 'outdated-is-not-anchored', 'outdated-tokens-are-read-again')),
    Freedom('refresh-is-joined-at-once', 'A refresh that was asked for is joined before its loader is called.', 'joining-a-refresh',
            ('outdated-is-not-joined', 'outdated-is-not-stored')),
)}
