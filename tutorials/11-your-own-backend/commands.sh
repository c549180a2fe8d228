# SPDX-License-Identifier: CC0-1.0
#
# What the reader types, in the folder folder-backend.

# [naive]
meson setup build
meson compile -C build
build/naive-conformance --gtest_brief=1
# [/naive]

# [folder]
build/folder-conformance --gtest_brief=1
# [/folder]

# [use]
mkdir squares
MEMO_PLUGIN_PATH=build build/remember "folder://$PWD/squares"
MEMO_PLUGIN_PATH=build build/remember "folder://$PWD/squares"
# [/use]

# [python]
python3 ../remember.py "folder://$PWD/squares"
# [/python]

# [install]
meson install -C build
# [/install]

# [escape]
MEMO_PLUGIN_PATH=build build/escape
# [/escape]

# [expiring]
patch -p1 < ../exercises/expiring.patch
meson compile -C build
build/folder-conformance --gtest_brief=1
MEMO_PLUGIN_PATH=build build/remember "folder://$PWD/squares"
touch -d '1 hour ago' "$(ls squares/* | head -n 1)"
MEMO_PLUGIN_PATH=build build/remember "folder://$PWD/squares"
# [/expiring]
