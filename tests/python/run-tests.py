#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run pytest for Meson, which reads the cases of a program in the way of GoogleTest.

    run-tests.py FILE... --gtest_output=xml:RESULTS
"""
import sys

import pytest

arguments = [argument.replace('--gtest_output=xml:', '--junit-xml=') for argument in sys.argv[1:]]
# Nothing is written into the source tree, and a warning is as good as an error.
sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-W', 'error', '-W', 'ignore::ImportWarning', *arguments]))
