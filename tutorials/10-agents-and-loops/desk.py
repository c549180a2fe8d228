# SPDX-License-Identifier: CC0-1.0
"""What the agents of this chapter work on: a few files, and how often a tool was executed."""


class Desk:
    def __init__(self):
        self.files = {
            'book.txt': 'a long text',
            'total.txt': '0',
            'README': 'The settings are in conf/app.toml.',
            'conf/app.toml': 'colour = "red"',
        }
        self.n_executed = 0

    def read(self, path):
        """The tool read_file."""
        self.n_executed += 1
        return self.files.get(path, 'there is no such file')

    def find(self, path):
        """The tool find_file."""
        self.n_executed += 1
        return 'it is there' if path in self.files else 'nothing found'

    def write(self, path, text):
        """The tool write_file."""
        self.n_executed += 1
        self.files[path] = text
