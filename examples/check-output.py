#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Run a program and compare what it prints with a file.

    check-output.py [--update] EXPECTED PROGRAM [ARGUMENT...]

The program has to succeed, too.  How long something took differs from run to run, so
after "time: " a number is read as {time}, which is what stands in the file.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys

TIME = re.compile(r'\btime: +[0-9]+(\.[0-9]+)?')


def main():
    arguments = sys.argv[1:]
    update = arguments[:1] == ['--update']
    if update:
        del arguments[0]
    if len(arguments) < 2:
        sys.exit(__doc__)

    expected = pathlib.Path(arguments[0])
    # In a language that everybody's files are in.
    run = subprocess.run(arguments[1:], env={**os.environ, 'LC_ALL': 'C.UTF-8'},
                         stdout=subprocess.PIPE, check=False)
    printed = TIME.sub('time: {time}', run.stdout.decode('utf-8', 'backslashreplace'))

    if run.returncode != 0:
        sys.stdout.write(printed)
        sys.exit(f'{arguments[1]} ended with {run.returncode}')

    if update:
        expected.write_text(printed, encoding='utf-8')
        return

    wanted = expected.read_text(encoding='utf-8')
    if printed != wanted:
        sys.stdout.writelines(difflib.unified_diff(
            wanted.splitlines(True), printed.splitlines(True), str(expected), 'what it printed'))
        sys.exit(f'{expected.name} is not what the program prints')


main()
