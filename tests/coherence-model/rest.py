# SPDX-License-Identifier: LGPL-2.1-or-later
"""What has to hold when everything has come to rest: nothing is under way, and nobody has anything to do."""
import get
from world import DEAD, DONE


def check(world):
    for n in range(len(world.model.actors)):
        if not has_ended(world, world.actor(n)):
            world.fail('everything is at rest, and {} still waits', world.model.name(n))

    # With a clock, old values end by the time that passes; there the first promise says it all.
    if world.scenario.clock:
        return
    server = world.server
    for p in range(world.model.n_processes):
        process = world.process(p)
        if process.pending:
            world.fail('everything is at rest, and an invalidation of P{} is still pending', p)
        if (process.memory is not None and process.memory[2] == 'shared' and get.serves(world, process) and
                process.memory[0] < server.source):
            world.fail('everything is at rest, and P{} keeps v{} though the source has v{}',
                       p, process.memory[0], server.source)
    if server.k is not None and server.k[0] == 'V' and server.k[2] < server.source and get.is_valid(world, server.k):
        world.fail('everything is at rest, and the server keeps v{} though the source has v{}', server.k[2], server.source)


def has_ended(world, actor):
    """A loader that never ends keeps those waiting that have asked for it, in its process and nowhere else."""
    if actor.pc == 'joined':
        return has_ended(world, world.actor(actor.joined))
    return actor.pc in (DONE, DEAD, 'hung')
