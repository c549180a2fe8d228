#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check that the figures of the README's table about the book are those of the chapters.

    build-aux/check-figures.py [README.md]

A row ends with a link to a chapter.  The figures by hand and with libcache, in the two columns before it, have to
stand in what a program of that chapter prints, of which the files are compared with the programs themselves, or in bold in
its text.
"""
import pathlib
import re
import sys

from markdown_files import ROOT

ROW = re.compile(r'^\| (?P<what>.+?) \| (?P<hand>[^|]+) \| (?P<with>[^|]+) \| \[\d+\]\((?P<chapter>tutorials/[\w-]+)/README\.md\) \|$',
                 re.MULTILINE)


def figures(text):
    return set(re.findall(r'(?<![\d.])\d+(?![\d.]*\d)', text))


def main():
    page = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / 'README.md'
    rows = list(ROW.finditer(page.read_text(encoding='utf-8')))
    wrong = [] if rows else ['no row with a link to a chapter']
    for row in rows:
        folder = page.parent / row['chapter']
        there = [path.read_text(encoding='utf-8') for path in folder.rglob('*.out')]
        there += re.findall(r'\*\*(.+?)\*\*', (folder / 'README.md').read_text(encoding='utf-8'))
        missing = figures(row['hand'] + ' ' + row['with']) - figures('\n'.join(there))
        wrong += [f'{row["what"]}: {row["chapter"]} has no {figure}' for figure in sorted(missing)]
    print('\n'.join(wrong) if wrong else f'{len(rows)} rows')
    sys.exit(bool(wrong))


main()
