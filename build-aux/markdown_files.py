# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the Markdown of the project is; for the scripts that check it."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent


def markdown_files(root):
    """All that is written by hand, in order; what a build folder holds is a copy."""
    for path in sorted(root.rglob('*.md')):
        parts = path.relative_to(root).parts
        if not any(part in ('.git', 'subprojects') or re.match(r'build(?!-aux$)', part) for part in parts[:-1]):
            yield path
