#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Copy a page and make it one that gi-docgen shows well.

    docs/prepare-page.py [--numbers] [--beside PAGE.md=COPY.md | --beside PICTURE=COPY]... PAGE.md COPY.md

gi-docgen takes a page's title from lines above the text, which any other viewer
would show as text; so the pages have none, only their heading.  And it numbers the items of
a list itself, where the numbers of rules are names that stay: --numbers keeps them.

In the reference all pages and pictures stand beside each other: links to those that --beside
names are turned to where they are there.  What else a link may lead to in the source
tree is not in the reference; its words stay.
"""
import argparse
import pathlib
import re

FENCE = re.compile(r'^\s*(```+|~~~+)')
LINK = re.compile(r'(?P<picture>!?)\[(?P<words>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^()\s]+)\)')


def turn(link, page, beside):
    """The link as it is in the reference."""
    path, hash_sign, heading = link['target'].partition('#')
    if not path or re.match(r'[a-z]+:', path):
        return link[0]
    copy = beside.get((page.parent / path).resolve())
    if copy:
        copy = re.sub(r'\.md$', '.html', copy)
        return f'{link["picture"]}[{link["words"]}]({copy}{hash_sign}{heading})'
    if link['picture']:
        raise SystemExit(f'{page}: the picture {path} is not among those of the reference')
    return link['words']


def turn_links(text, page, beside):
    """All links outside of listings, which may go over the ends of lines."""
    parts, fence = [''], None
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if mark and fence is None:
            parts += ['', '']
            fence = mark[1]
            parts[-2] += line
        elif fence is not None:
            parts[-2] += line
            if mark and mark[1].startswith(fence):
                fence = None
        else:
            parts[-1] += line
    return ''.join(part if i % 2 else LINK.sub(lambda link: turn(link, page, beside), part)
                   for i, part in enumerate(parts))


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument('--numbers', action='store_true')
    args.add_argument('--beside', action='append', default=[], metavar='FILE=COPY')
    args.add_argument('page', type=pathlib.Path)
    args.add_argument('copy', type=pathlib.Path)
    args = args.parse_args()

    text = args.page.read_text(encoding='utf-8')
    heading = re.match(r'(?:<!--.*?-->\s*)*# (.+)', text)
    if not heading:
        raise SystemExit(f'{args.page.name}: does not begin with a heading “# …”')
    if args.numbers:
        text = re.sub(r'^(\d+)\. ', r'\n**\1.** ', text, flags=re.MULTILINE)
    beside = {pathlib.Path(path).resolve(): copy for path, copy in (one.split('=', 1) for one in args.beside)}
    text = turn_links(text, args.page, beside)
    args.copy.write_text(f'Title: {heading[1].strip()}\nSlug: {args.copy.stem}\n\n{text}', encoding='utf-8')


main()
