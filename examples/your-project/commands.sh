# SPDX-License-Identifier: CC0-1.0
#
# How each of the programs of this folder is built and run, with libcache installed.

# [pkg-config]
cc -o hello hello.c $(pkg-config --cflags --libs libcache-1)
./hello
# [/pkg-config]

# [meson]
meson setup build
meson compile -C build
build/hello
# [/meson]

# [vala]
valac --pkg libcache-1 -o hello hello.vala
./hello
# [/vala]

# [python]
python3 hello.py
# [/python]

# [gjs]
gjs -m hello.js
# [/gjs]
