# SPDX-License-Identifier: LGPL-2.1-or-later
"""What can happen.  Each is a coroutine, which ends when it is over, and says afterwards that it is."""
import asyncio
import signal

FAULTS = {}


def fault(weight):
    def register(function):
        FAULTS[function.__name__.replace('_', '-')] = (function, weight)
        return function
    return register


class Chance:
    """What a fault is about; drawn beforehand, so that a seed is one experiment."""

    def __init__(self, dice, kind, processes, staleness):
        self.kind = kind
        self.process = dice.randrange(processes)
        # From a moment to long enough for everything to be given up.
        self.seconds = staleness / 1000 * dice.choice([0.2, 0.4, 0.8, 1.5, 3.0])
        self.pick = dice.random()


def draw(dice, count, processes, staleness, kinds=None):
    """Half of them each kind in turn, once at least if there are enough, and the rest by weight."""
    names = list(kinds or FAULTS)
    weights = [FAULTS[name][1] for name in names]
    drawn = names * max(count // (2 * len(names)), int(count >= len(names)))
    drawn += dice.choices(names, weights, k=count - len(drawn))
    dice.shuffle(drawn)
    return [Chance(dice, name, processes, staleness) for name in drawn]


def some(stage, chance):
    """One of the connections of the process, or all."""
    pairs = stage.players[chance.process].proxy.pairs
    index = int(chance.pick * (len(pairs) + 1))
    return list(pairs) if index >= len(pairs) else [pairs[index]]


# A connection.

@fault(4)
async def frozen_link(stage, chance):
    pairs = some(stage, chance)
    for pair in pairs:
        pair.freeze('client', 'server')
    await asyncio.sleep(chance.seconds)
    for pair in pairs:
        pair.thaw()


@fault(3)
async def nothing_arrives(stage, chance):
    """What the process says arrives after it has given the link up, perhaps."""
    pairs = some(stage, chance)
    for pair in pairs:
        pair.freeze('client')
    await asyncio.sleep(chance.seconds)
    for pair in pairs:
        pair.thaw()


@fault(3)
async def nothing_comes_back(stage, chance):
    pairs = some(stage, chance)
    for pair in pairs:
        pair.freeze('server')
    await asyncio.sleep(chance.seconds)
    for pair in pairs:
        pair.thaw()


@fault(4)
async def reset(stage, chance):
    for pair in some(stage, chance):
        pair.reset('client', 'server')


@fault(3)
async def half_open(stage, chance):
    """The server's end goes, and nobody tells the process."""
    for pair in some(stage, chance):
        pair.silent = True
        pair.reset('server')


@fault(2)
async def half_gone(stage, chance):
    """The process's end goes, and nobody tells the server."""
    for pair in some(stage, chance):
        pair.silent = True
        pair.reset('client')


@fault(3)
async def slow_link(stage, chance):
    pairs = some(stage, chance)
    for pair in pairs:
        pair.delay = chance.seconds / 3
    await asyncio.sleep(chance.seconds)
    for pair in pairs:
        pair.delay = 0.0


@fault(2)
async def slices(stage, chance):
    pairs = some(stage, chance)
    for pair in pairs:
        pair.slices = True
    await asyncio.sleep(chance.seconds)
    for pair in pairs:
        pair.slices = False


# A process.

@fault(3)
async def stopped_process(stage, chance):
    player = stage.players[chance.process]
    player.signal(signal.SIGSTOP)
    await asyncio.sleep(chance.seconds)
    player.signal(signal.SIGCONT)


@fault(2)
async def killed_process(stage, chance):
    async with stage.players[chance.process].lock:
        stage.players[chance.process].kill()
        await asyncio.sleep(chance.seconds / 4)
        stage.players[chance.process].start()


# The server.

@fault(2)
async def stopped_server(stage, chance):
    async with stage.server_lock:
        stage.server.signal(signal.SIGSTOP)
        await asyncio.sleep(chance.seconds)
        stage.server.signal(signal.SIGCONT)


@fault(3)
async def client_kill(stage, chance):
    async with stage.server_lock:
        ids = [word[3:] for line in (await stage.server.say('CLIENT', 'LIST')).splitlines() for word in line.split()[:1]]
        if ids:
            await stage.server.say('CLIENT', 'KILL', 'ID', ids[int(chance.pick * len(ids))])


@fault(1)
async def all_listeners_killed(stage, chance):
    async with stage.server_lock:
        await stage.server.say('CLIENT', 'KILL', 'TYPE', 'pubsub')


@fault(2)
async def old_snapshot(stage, chance):
    async with stage.server_lock:
        await stage.server.save()
        await asyncio.sleep(chance.seconds)
        await stage.server.restart(from_snapshot=True)


@fault(1)
async def empty_server(stage, chance):
    async with stage.server_lock:
        await stage.server.restart(from_snapshot=False)


@fault(1)
async def flushed_server(stage, chance):
    async with stage.server_lock:
        await stage.server.say('FLUSHALL')


@fault(1)
async def full_server(stage, chance):
    async with stage.server_lock:
        await stage.server.say('CONFIG', 'SET', 'maxmemory', '1')
        await asyncio.sleep(chance.seconds)
        await stage.server.say('CONFIG', 'SET', 'maxmemory', '0')


@fault(1)
async def forgotten_scripts(stage, chance):
    async with stage.server_lock:
        await stage.server.say('SCRIPT', 'FLUSH')
