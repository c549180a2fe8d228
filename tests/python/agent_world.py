# SPDX-License-Identifier: LGPL-2.1-or-later
"""What agents of the tests work on, and how they repeat themselves."""
from libcache import AgentCache, AgentCacheInvalidator, AgentLoopDetectedError


class World:
    """What tools read and change, with a count of how often each was called."""

    def __init__(self):
        self.files = {'a.txt': 'one', 'b.txt': 'two'}
        self.calls = []

        @AgentCache(resource='file:{path}')
        async def read_file(path):
            self.calls.append(path)
            return self.files[path]

        @AgentCacheInvalidator(resource='file:{path}')
        async def write_file(path, text):
            self.files[path] = text
            return f'wrote {path}'

        @AgentCache(resource='notes', scope='session')
        async def notes():
            self.calls.append('notes')
            return len(self.calls)

        @AgentCacheInvalidator(resource='notes', scope='session')
        async def add_note(text):
            return text

        self.read_file, self.write_file, self.notes, self.add_note = read_file, write_file, notes, add_note


async def repeat(times, function, *args):
    """Calls a function again and again; gives how often it went well, and the error that ended it."""
    for n_done in range(times):
        try:
            await function(*args)
        except AgentLoopDetectedError as error:
            return n_done, error
    return times, None
