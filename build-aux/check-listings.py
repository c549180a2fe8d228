#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check that the listings and outputs in Markdown files are those of the programs.

    build-aux/check-listings.py [--update] [--program NAME=PATH]... [FILE.md...]

Without files, all of the project are checked.  The line above every fenced block says where the block comes from:

    <!-- snippet: FILE#REGION -->   the lines of FILE between the comments [REGION]
                                    and [/REGION], which may come in several pieces;
                                    without #REGION the whole file
    <!-- snippet: FILE.out#PART --> the paragraph of a committed output whose first line
                                    begins with these words, in lower case with hyphens
    <!-- output: NAME -->           what the program called NAME prints
    <!-- run: FILE -->              nowhere else: the test FILE, which names the page, runs
                                    the block as it stands
    <!-- text -->                   neither; such a block may not hold program code

FILE is relative to the top of the source tree.  A block without such a line, a
line that is mistyped, or one without its block is a failure, so that nothing
escapes the check by accident.  With --update the blocks are rewritten.
"""
import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import textwrap

from markdown_files import ROOT, markdown_files

FENCE = re.compile(r'^(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})\s*(?P<language>[^`]*?)\s*$')
MARK = re.compile(r'^\s*<!-- (?:(?P<kind>snippet|output|run): (?P<name>[^\s#]+)(?:#(?P<region>[\w-]+))?|(?P<text>text)) -->\s*$')
ALMOST = re.compile(r'^\s*<!--\s*(?:snip|out|run|text)', re.IGNORECASE)
REGION = re.compile(r'^\s*(?:/\*|//|#|--)\s*\[(?P<end>/?)(?P<name>[\w-]+)\]\s*(?:\*/)?\s*$')

# What the language of a fence must be for a file of this kind.  An output is text.
LANGUAGES = {
    '.c': 'c', '.h': 'c', '.cpp': 'cpp', '.hpp': 'cpp', '.py': 'python', '.js': 'js',
    '.vala': 'vala', '.sql': 'sql', '.build': 'meson', '.gp': 'gnuplot', '.out': 'text', '.sh': 'sh',
    '.patch': 'diff',
}
CODE = {'c', 'cpp', 'python', 'js', 'vala', 'sql'}


class Wrong(Exception):
    pass


def slug(words):
    return re.sub(r'[^a-z0-9]+', '-', words.lower()).strip('-')


def paragraph(name, text, wanted):
    """The one paragraph of an output that begins with some words."""
    found = [part.strip('\n') for part in re.split(r'\n{2,}', text)
             if (slug(part.lstrip('\n').split('\n')[0]) + '-').startswith(wanted + '-')]
    if not found:
        raise Wrong(f'{name}: no paragraph begins with {wanted}')
    if len(found) > 1:
        raise Wrong(f'{name}: {len(found)} paragraphs begin with {wanted}')
    return found[0] + '\n'


def snippet(name, wanted):
    """The lines of a region of a file, without the indentation that they share.

    A region may come in several pieces; an empty line stands between them.
    """
    path = ROOT / name
    try:
        text = path.read_text(encoding='utf-8')
    except OSError as error:
        raise Wrong(f'cannot read {name}: {error.strerror}')
    if path.suffix == '.out' and wanted is not None:
        return paragraph(name, text, wanted)
    pieces, inside = [], False
    if wanted is None:
        pieces, inside = [[]], True
    for line in text.splitlines(keepends=True):
        mark = REGION.match(line)
        if mark:
            if mark['name'] == wanted:
                if inside == (not mark['end']):
                    raise Wrong(f'{name}: region {wanted} begins or ends twice')
                inside = not mark['end']
                if inside:
                    pieces.append([])
        elif inside:
            pieces[-1].append(line)
    if not pieces:
        raise Wrong(f'{name}: no region called {wanted}')
    if wanted is not None and inside:
        raise Wrong(f'{name}: region {wanted} does not end')
    bodies = [textwrap.dedent(''.join(piece)).strip('\n') for piece in pieces]
    if not all(bodies):
        raise Wrong(f'{name}: nothing in region {wanted}')
    return '\n\n'.join(bodies) + '\n'


def output(name, programs):
    if name not in programs:
        raise Wrong(f'no program called {name} was given')
    try:
        done = subprocess.run([programs[name]], stdout=subprocess.PIPE, timeout=60,
                              text=True, encoding='utf-8', stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        raise Wrong(f'{name} did not run: {error}')
    if done.returncode != 0:
        raise Wrong(f'{name} ended with status {done.returncode}')
    return done.stdout if done.stdout.endswith('\n') else done.stdout + '\n'


def check_runner(name, page, language):
    """Whether a test is there that reads the page."""
    if language not in CODE:
        raise Wrong(f'a listing that is run in a fence of “{language}”')
    try:
        text = (ROOT / name).read_text(encoding='utf-8')
    except OSError as error:
        raise Wrong(f'cannot read {name}: {error.strerror}')
    if page.name not in text:
        raise Wrong(f'{name} does not run {page.name}')


def wanted_body(mark, language, programs, page):
    """What the block should hold; None when it may hold what it likes."""
    if mark['text']:
        if language in CODE:
            raise Wrong(f'{language} code marked as text: take it from a program')
        return None
    if mark['kind'] == 'run':
        check_runner(mark['name'], page, language)
        return None
    if mark['kind'] == 'output':
        if language not in ('', 'text'):
            raise Wrong(f'an output in a fence of {language}')
        return output(mark['name'], programs)
    right = LANGUAGES.get(pathlib.Path(mark['name']).suffix)
    if right and language != right:
        raise Wrong(f'a listing of {mark["name"]} should be in a fence of {right}, not “{language}”')
    return snippet(mark['name'], mark['region'])


def fresh(lines, programs, complain, page):
    """The file as it should be, and how many blocks it has."""
    new, blocks, i = [], 0, 0
    above = ''
    while i < len(lines):
        line = lines[i]
        mark, fence = MARK.match(above), FENCE.match(line)
        if not fence:
            if mark:
                complain(i, 'no fenced block below this line')
            elif ALMOST.search(above):
                complain(i, 'mistyped: ' + above.strip())
            new.append(line)
            above = line
            i += 1
            continue

        end = i + 1
        while end < len(lines) and not re.match(rf'^\s*{re.escape(fence["ticks"])}`*~*\s*$', lines[end]):
            end += 1
        blocks += 1
        body = lines[i + 1:end]
        if end == len(lines):
            complain(i + 1, 'a fenced block without end')
        elif not mark:
            complain(i + 1, 'a fenced block without a line above it that says where it comes from')
        else:
            try:
                wanted = wanted_body(mark, fence['language'], programs, page)
                if wanted is not None:
                    if fence['ticks'] in wanted:
                        raise Wrong('the block itself contains a fence: use a longer one')
                    body = [fence['indent'] + one if one.strip() else one
                            for one in wanted.splitlines(keepends=True)]
            except Wrong as error:
                complain(i, str(error))
        new += [line, *body, *lines[end:end + 1]]
        above = ''
        i = end + 1
    if MARK.match(above) or ALMOST.search(above):
        complain(len(lines), 'no fenced block below this line')
    return new, blocks


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument('--update', action='store_true', help='rewrite the blocks')
    args.add_argument('--program', action='append', default=[], metavar='NAME=PATH')
    args.add_argument('markdown', nargs='*', type=pathlib.Path)
    args = args.parse_args()
    programs = dict(program.split('=', 1) for program in args.program)

    wrong = total = 0
    paths = args.markdown or list(markdown_files(ROOT))
    for path in paths:
        def complain(line, what):
            nonlocal wrong
            wrong += 1
            print(f'{path}:{line}: {what}')

        lines = path.read_text(encoding='utf-8').splitlines(keepends=True)
        new, blocks = fresh(lines, programs, complain, path)
        total += blocks
        if new != lines:
            if args.update:
                path.write_text(''.join(new), encoding='utf-8')
                print(f'{path}: rewritten')
            else:
                wrong += 1
                sys.stdout.writelines(difflib.unified_diff(
                    lines, new, f'{path} says', 'the programs say'))
    print(f'{len(paths)} files, {total} blocks checked, {wrong} wrong')
    sys.exit(1 if wrong else 0)


main()
