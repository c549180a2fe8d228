#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check that every link in the Markdown files of the project leads somewhere.

    build-aux/check-links.py [FOLDER]

A link to a file needs the file, one to a heading the heading, under the name that GitHub
gives it.  Pictures need words for those who cannot see them.  Addresses on the web are left
alone: this needs no network.
"""
import html.parser
import pathlib
import re
import sys
import urllib.parse

import markdown

from markdown_files import ROOT, markdown_files


def heading_name(text, separator):
    """What GitHub calls a heading."""
    return re.sub(r'[^\w\- ]', '', text.strip().lower()).replace(' ', '-')


class Page(html.parser.HTMLParser):
    """The links and headings of a Markdown file."""

    def __init__(self, path):
        super().__init__()
        self.links, self.names, self.wordless, self.loose = [], set(), [], []
        self.inside_code = 0
        self.feed(markdown.markdown(
            path.read_text(encoding='utf-8'), extensions=['fenced_code', 'tables', 'toc'],
            extension_configs={'toc': {'slugify': heading_name}}))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.inside_code += tag == 'code'
        if 'id' in attrs:
            self.names.add(attrs['id'])
        if tag == 'a' and 'href' in attrs:
            self.links.append(attrs['href'])
        if tag == 'img':
            self.links.append(attrs.get('src', ''))
            if not attrs.get('alt'):
                self.wordless.append(attrs.get('src', ''))

    def handle_endtag(self, tag):
        self.inside_code -= tag == 'code'

    def handle_data(self, data):
        # What looks like a link by reference and did not become one.
        if not self.inside_code:
            self.loose += re.findall(r'\[[^\]\n]+\]\[[^\]\n]*\]', data)


def broken(root, path, page, pages):
    """What is wrong with the links of a page, one text each."""
    for picture in page.wordless:
        yield f'the picture {picture} says nothing to who cannot see it'
    for link in page.loose:
        yield f'{link} has no target'
    for link in page.links:
        url = urllib.parse.urlsplit(link)
        if url.scheme in ('http', 'https'):
            continue
        target = path
        if url.path:
            target = (path.parent / urllib.parse.unquote(url.path)).resolve()
        if url.scheme or not target.is_relative_to(root):
            yield f'{link} leaves the project'
        elif not target.exists():
            yield f'{target.relative_to(root)} is not there'
        elif url.fragment and (target not in pages or url.fragment not in pages[target].names):
            yield f'no heading #{url.fragment} in {target.relative_to(root)}'


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT).resolve()
    pages = {path: Page(path) for path in markdown_files(root)}
    wrong = 0
    for path, page in pages.items():
        for said in broken(root, path, page, pages):
            wrong += 1
            print(f'{path.relative_to(root)}: {said}')
    links = sum(len(page.links) for page in pages.values())
    print(f'{len(pages)} files, {links} links checked, {wrong} wrong')
    sys.exit(1 if wrong or not pages else 0)


main()
