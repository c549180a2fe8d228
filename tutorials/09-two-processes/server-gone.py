#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""The Redis server is killed, and comes back empty."""
from shop import AN_HOUR, Shop
from story import Story


def look(title, story, here):
    with Shop(story.database, story.uri, AN_HOUR) as there:
        before = here.count('queries')
        right_here, right_there = here.count('all'), there.count('all')
        print(f'{title:40} {right_here:3} right, {here.count("queries") - before:3} queries     '
              f'{right_there:3} right, {there.count("queries"):3} queries')


def main():
    with Story() as story, Shop(story.database, story.uri, AN_HOUR) as here:
        print('                                         a shop that runs on         one that was just started')

        here.ask('all')
        here.ask('flush')
        look('Redis runs, and has the prices', story, here)

        story.kill_server()
        look('Redis is killed', story, here)

        story.start_server()
        here.ask('reconnected')
        look('Redis is back, and empty', story, here)

        with Shop(story.database, story.uri, AN_HOUR) as again:
            again.ask('all')
            again.ask('flush')
            look('Somebody has asked for all prices since', story, here)


main()
