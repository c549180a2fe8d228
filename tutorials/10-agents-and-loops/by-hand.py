#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Three agents without a model: what they call is written down.  Their reads are remembered in a table, or not at all."""
from desk import Desk

# How many calls an agent may make.
BUDGET = 1000


class Agent:
    """An agent, and what it remembers: answers by the tool and its argument, or None."""

    def __init__(self, table):
        self.desk = Desk()
        self.table = table

    # [table]
    def call(self, tool, path):
        if self.table is None:
            return tool(path)
        key = tool.__name__, path
        if key not in self.table:
            self.table[key] = tool(path)
        return self.table[key]
    # [/table]


def answer_questions(agent, how):
    """Forty questions about one book; for each the agent opens it."""
    for _ in range(40):
        agent.call(agent.desk.read, 'book.txt')
    print(f'  {how:22} {agent.desk.n_executed:2} of 40 reads were executed')


def add_up(agent, how):
    """Ten times one more: it reads the total, and writes the next."""
    n_stale = 0
    for _ in range(10):
        total = agent.call(agent.desk.read, 'total.txt')
        n_stale += total != agent.desk.files['total.txt']
        agent.desk.write('total.txt', str(int(total) + 1))
    print(f'  {how:22} {n_stale:2} of 10 reads were stale, and the total is {agent.desk.files["total.txt"]}')


# [search]
def search(agent, how):
    """It looks for the settings in two places, finds them in neither, and looks again, to be sure."""
    places = ['settings.ini', 'src/settings.ini']
    n_calls, found = 0, False
    while not found and n_calls < BUDGET:
        found = agent.call(agent.desk.find, places[n_calls % 2]) == 'it is there'
        n_calls += 1
    print(f'  {how:22} {n_calls} calls, {agent.desk.n_executed} executed, and {"found" if found else "nothing found"}')
# [/search]


def play(title, story):
    print(title)
    story(Agent(None), 'nothing is remembered:')
    story(Agent({}), 'remembered in a table:')
    print()


play('Forty questions about one book', answer_questions)
play('Ten times one more', add_up)
play('Where are the settings?', search)
