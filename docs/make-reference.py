#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run gi-docgen, and add a style to that of its theme.

    docs/make-reference.py STYLE.css OUTPUT-FOLDER GI-DOCGEN ARGUMENT...

A theme of our own would have to be a copy of all its templates; gi-docgen copies
its style.css anew each time.
"""
import pathlib
import subprocess
import sys


def main():
    style, output, *command = sys.argv[1:]
    status = subprocess.run([*command, f'--output-dir={output}']).returncode
    if status:
        sys.exit(status)
    with open(pathlib.Path(output, 'style.css'), 'a', encoding='utf-8') as out:
        out.write('\n' + pathlib.Path(style).read_text(encoding='utf-8'))


main()
