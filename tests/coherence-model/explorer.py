# SPDX-License-Identifier: LGPL-2.1-or-later
"""Visits every state that a scenario can get into, breadth first, until a promise is broken.

Breadth first means that the story of a failure is one of the shortest there are.
"""
from dataclasses import dataclass, field

import moves
import rest
from world import Actor, FREEZE, Ledger, Process, Server, World


@dataclass
class Result:
    states: int
    broken: str = None     # what promise, or None
    story: list = field(default_factory=list)
    complete: bool = True  # False: there were more states than the limit


class Model:
    """A scenario with a set of rules that are switched on."""

    def __init__(self, scenario, rules):
        self.scenario = scenario
        self.rules = rules
        self.shared = {}
        self.views = {}
        self.n_processes = scenario.processes
        self.first_actor = 2 + scenario.processes
        self.actors = scenario.actors
        self.names = [f'P{actor[1]}’s {actor[0]} {n}' for n, actor in enumerate(scenario.actors)]
        self.name = self.names.__getitem__
        self.home = [tuple(n for n, actor in enumerate(self.actors) if actor[1] == p)
                     for p in range(scenario.processes)]
        # Actors that are alike start in order: any other order is the same with the names exchanged.
        self.before = {}
        for n, actor in enumerate(self.actors):
            for earlier in range(n):
                if self.actors[earlier] == actor:
                    self.before[n] = earlier

    def first(self):
        world = World(self, (
            FREEZE[Server](Server()),
            FREEZE[Ledger](Ledger(own=(0,) * self.n_processes)),
            *(FREEZE[Process](Process()) for _ in range(self.n_processes)),
            *(FREEZE[Actor](Actor()) for _ in self.actors)))
        self.scenario.prepare(world)
        return world.freeze()

    def follow(self, state, move, story=None):
        world = World(self, state, story)
        move[0](world, *move[1:])
        return world


def retell(model, came_from, state):
    """The story of how a state is reached."""
    path = []
    while came_from[state] is not None:
        before, number = came_from[state]
        path.append((before, number))
        state = before
    story = []
    for before, number in reversed(path):
        model.follow(before, moves.possible(World(model, before))[number], story)
    return story


def explore(model, limit=None):
    first = model.first()
    came_from = {first: None}
    frontier = [first]

    while frontier:
        following = []
        for state in frontier:
            world = World(model, state, views=model.views)
            possible = moves.possible(world)
            busy = False
            for number, move in enumerate(possible):
                busy = busy or not moves.is_background(move)
                after = model.follow(state, move)
                reached = after.freeze()
                if after.broken is not None:
                    story = retell(model, came_from, state)
                    model.follow(state, move, story)
                    return Result(len(came_from), after.broken, story)
                if reached not in came_from:
                    came_from[reached] = (state, number)
                    following.append(reached)
            if not busy:
                rest.check(world)
                if world.broken is not None:
                    return Result(len(came_from), world.broken, retell(model, came_from, state))
            if limit is not None and len(came_from) > limit:
                return Result(len(came_from), complete=False)
        frontier = following

    return Result(len(came_from))
