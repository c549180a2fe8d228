#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Copy a page and make it one that gi-docgen shows well.

    docs/prepare-page.py [--numbers] PAGE.md COPY.md

gi-docgen takes a page's title from lines above the text, which any other viewer
would show as text; so the pages have none, only their heading.  And it numbers the items of
a list itself, where the numbers of rules are names that stay: --numbers keeps them.
"""
import pathlib
import re
import sys


def main():
    *options, page, copy = sys.argv[1:]
    page, copy = pathlib.Path(page), pathlib.Path(copy)
    text = page.read_text(encoding='utf-8')
    heading = re.match(r'(?:<!--.*?-->\s*)*# (.+)', text)
    if not heading:
        sys.exit(f'{page.name}: does not begin with a heading “# …”')
    if '--numbers' in options:
        text = re.sub(r'^(\d+)\. ', r'\n**\1.** ', text, flags=re.MULTILINE)
    copy.write_text(f'Title: {heading[1].strip()}\nSlug: {page.stem}\n\n{text}', encoding='utf-8')


main()
