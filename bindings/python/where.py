# SPDX-License-Identifier: LGPL-2.1-or-later
"""Say where packages go: into a folder under the prefix in which the interpreter looks, if there is one.

    where.py PREFIX
"""
import os
import sys
import sysconfig

prefix = os.path.normpath(sys.argv[1])
searched = {os.path.normpath(path) for path in sys.path if path}
# Debian has folders of its own, and installs nothing itself into those of other schemes.
folders = [os.path.normpath(sysconfig.get_path('purelib', scheme)) for scheme in sysconfig.get_scheme_names()]
found = [folder for folder in folders if folder in searched and os.path.relpath(folder, prefix).startswith('lib')]
print(found[0] if found else sysconfig.get_path('purelib', 'posix_prefix', {'base': prefix}))
