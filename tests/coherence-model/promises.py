# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is promised, and how it is judged.

1. *Not late.*  A get that begins T or more after the acknowledgement of a change gives no value from before it; one in the process that made
   the change gives none as soon as the call has returned there.
2. *Not for ever.*  When everything has come to rest, no server and no memory has an older value than the source: also
   after changes that nobody lived to acknowledge.
3. *Answered.*  When everything has come to rest, no get and no change still waits.
4. *Once.*  Where nothing is changed, fails or is lost, a key that all miss at once is loaded once.
5. *Fences end.*  Whoever dies in a change keeps others from storing no longer than to the deadline of the fence.

A scenario without a clock stands for one in which time passes as slowly or quickly as it likes: there, the change counts as
known to a process when nothing is under way to it any more.
"""
from world import UP


def floor(world, p):
    """The oldest version that a get may give that begins now in a process."""
    ledger = world.ledger
    oldest = max(ledger.due, ledger.own[p])
    if not world.scenario.clock:
        process = world.process(p)
        if not process.i_messages and not process.d_replies and process.d == process.i == UP:
            for version, _ in ledger.recent:
                oldest = max(oldest, version)
    return oldest


def judge(world, n, version):
    """A get is given a version."""
    actor, ledger = world.actor(n), world.ledger
    if version < actor.floor:
        if ledger.own[world.model.actors[n][1]] >= actor.floor:
            why = 'its own process had returned from making v{} before it asked'
        elif world.scenario.clock:
            why = 'v{} was acknowledged T or more before it asked'
        else:
            why = 'its process was told of v{} before it asked'
        world.fail('{} is given v{}, though ' + why, world.model.name(n), version, actor.floor)


def returned(world, p, version):
    """A call that made a version has returned in a process."""
    ledger = world.ledger
    own = list(ledger.own)
    own[p] = max(own[p], version)
    ledger.own = tuple(own)


def acknowledged(world, p, version):
    """The invalidation of what is older than a version was acknowledged."""
    returned(world, p, version)
    ledger = world.ledger
    if version > ledger.due and all(version > known for known, _ in ledger.recent):
        ledger.recent = (*ledger.recent, (version, 0))


def judge_fence(world, ids):
    """A fence is there with some ids."""
    life = world.scenario.fence_life
    for owner, age in ids:
        if life and age >= life:
            world.fail('the fence of {}, who is dead, is kept beyond its deadline', world.model.name(owner))


def tick(world):
    """The acknowledgements grow older."""
    ledger = world.ledger
    bound = world.scenario.bound
    recent = []
    for version, age in ledger.recent:
        if age + 1 >= bound:
            ledger.due = max(ledger.due, version)
        else:
            recent.append((version, age + 1))
    ledger.recent = tuple(recent)
