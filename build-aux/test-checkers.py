#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the scripts that check: each is given something wrong, and has to say so."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class CheckerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding='utf-8')
        return path

    def run_script(self, name, *arguments):
        done = subprocess.run([sys.executable, HERE / name, *arguments], check=False,
                              stdout=subprocess.PIPE, text=True, encoding='utf-8')
        return done.returncode, done.stdout


class ListingsTest(CheckerTest):
    def check(self, text, *arguments):
        return self.run_script('check-listings.py', *arguments, self.write('page.md', text))

    def assert_wrong(self, text, why, *arguments):
        status, said = self.check(text, *arguments)
        self.assertEqual(status, 1, said)
        self.assertIn(why, said)

    def program(self):
        path = self.write('hello', '#!/bin/sh\necho hello\n')
        path.chmod(0o755)
        return f'--program=hello={path}'

    def test_a_page_without_fault_passes(self):
        status, said = self.check('<!-- text -->\n```sh\nls\n```\n\n'
                                  '<!-- output: hello -->\n```\nhello\n```\n', self.program())
        self.assertEqual(status, 0, said)

    def test_an_unmarked_block_is_refused(self):
        self.assert_wrong('```\nls\n```\n', 'without a line above it')

    def test_an_empty_line_after_the_mark_is_refused(self):
        self.assert_wrong('<!-- text -->\n\n```\nls\n```\n', 'no fenced block below')

    def test_a_mistyped_mark_is_refused(self):
        for mark in ('<!-- Text -->', '<!-- snippet FILE -->', '<!-- outputs: x -->', '<!--text-->'):
            self.assert_wrong(f'{mark}\n```\nls\n```\n', 'without a line above it')

    def test_a_block_without_end_is_refused(self):
        self.assert_wrong('<!-- text -->\n```\nls\n', 'without end')

    def test_program_code_is_not_text(self):
        self.assert_wrong('<!-- text -->\n```c\nint x;\n```\n', 'take it from a program')

    def test_an_output_that_differs_is_shown(self):
        self.assert_wrong('<!-- output: hello -->\n```\nhullo\n```\n', '+hello', self.program())

    def test_a_program_that_is_not_given_is_an_error(self):
        self.assert_wrong('<!-- output: other -->\n```\n```\n', 'no program called other')

    def test_a_listing_that_differs_is_shown(self):
        self.assert_wrong('<!-- snippet: build-aux/demo -->\n```\n```\n', '+#!/bin/bash')

    def test_a_region_that_is_not_there_is_an_error(self):
        self.assert_wrong('<!-- snippet: build-aux/demo#nowhere -->\n```\n```\n', 'no region called nowhere')

    def test_a_listing_that_a_test_runs_passes(self):
        runner = self.write('runs.py', "PAGE = 'page.md'\n")
        status, said = self.check(f'<!-- run: {runner} -->\n```python\nprint()\n```\n')
        self.assertEqual(status, 0, said)

    def test_a_listing_that_no_test_runs_is_refused(self):
        page = '<!-- run: {} -->\n```python\nprint()\n```\n'
        self.assert_wrong(page.format('tests/nowhere.py'), 'cannot read')
        self.assert_wrong(page.format(self.write('other.py', 'PAGE = None\n')), 'does not run page.md')
        self.assert_wrong(page.format(self.write('other.py', '')).replace('python', 'text'), 'in a fence of')

    def test_update_makes_the_page_right(self):
        page = '<!-- output: hello -->\n```\nhullo\n```\n'
        self.check(page, '--update', self.program())
        self.assertEqual((self.folder / 'page.md').read_text(), page.replace('hullo', 'hello'))


class CountTest(CheckerTest):
    def count(self, results, suites, *arguments):
        """RESULTS by program, and the suites of the JUnit file as text."""
        log = ''.join(json.dumps({'name': name, 'result': result}) + '\n'
                      for name, result in results.items())
        self.write('meson-logs/testlog.json', log)
        self.write('meson-logs/testlog.junit.xml', f'<testsuites>{suites}</testsuites>')
        status, said = self.run_script('count-tests', *arguments, self.folder)
        return status, said.splitlines()[-1]

    GOOGLE = '<testsuite name="p.store.StoreTest">{}</testsuite>'
    GOOD = '<testcase name="Keeps" status="run"/>'

    def test_cases_are_counted_one_by_one(self):
        bad = '<testcase name="Loses"><failure/></testcase>'
        self.assertEqual(self.count({'store': 'FAIL'}, self.GOOGLE.format(self.GOOD + bad)),
                         (1, '1 passed, 1 failed'))

    def test_a_leak_after_good_cases_is_a_failure(self):
        self.assertEqual(self.count({'store': 'FAIL'}, self.GOOGLE.format(self.GOOD)),
                         (1, '1 passed, 1 failed'))

    def test_a_hang_is_a_failure(self):
        suite = '<testsuite name="p"><testcase name="script"/></testsuite>'
        self.assertEqual(self.count({'script': 'OK'}, suite), (0, '1 passed, 0 failed'))
        self.assertEqual(self.count({'script': 'TIMEOUT'}, suite), (1, '0 passed, 1 failed'))

    def test_a_program_without_cases_is_a_failure(self):
        self.assertEqual(self.count({'store': 'OK'}, self.GOOGLE.format('')),
                         (1, '0 passed, 1 failed'))

    def test_a_skip_is_a_failure_where_all_is_required(self):
        for case in ('<testcase name="X"><skipped/></testcase>', '<testcase name="X" status="notrun"/>'):
            suite = self.GOOGLE.format(self.GOOD + case)
            self.assertEqual(self.count({'store': 'OK'}, suite), (0, '1 passed, 0 failed'))
            self.assertEqual(self.count({'store': 'OK'}, suite, '--strict'), (1, '1 passed, 1 failed'))

    def test_a_folder_where_nothing_ran_is_a_failure(self):
        status, said = self.run_script('count-tests', self.folder)
        self.assertEqual((status, said.splitlines()[-1]), (1, '0 passed, 1 failed'))


class RulesTest(CheckerTest):
    registered = 'x'

    def rules(self, *names):
        self.write('docs/semantics.md', '# Rules\n\n1. One.\n15. Fifteen.\n')
        self.write('docs/known-failures.md', '# Failures\n\n3. Three.\n')
        self.write('tests/meson.build', f"tests = ['{self.registered}']\n")
        self.write('tests/a/x-test.cpp', ''.join(f'TEST_F (XTest, {name})\n{{\n}}\n' for name in names))
        return self.run_script('rules-without-tests', self.folder)

    def test_all_named_is_good(self):
        status, said = self.rules('Rule01One', 'Rule15SetAndFailure3Too')
        self.assertEqual(status, 0, said)

    def test_a_rule_without_a_test_is_listed(self):
        status, said = self.rules('Rule15Fifteen', 'Failure03Three')
        self.assertEqual(status, 1)
        self.assertIn('rule 1 has no test: One.', said)

    def test_a_disabled_test_does_not_count(self):
        status, said = self.rules('Rule01One', 'DISABLED_Rule15Fifteen', 'Failure03Three')
        self.assertEqual(status, 1)
        self.assertIn('rule 15 has no test', said)

    def test_a_test_of_an_unknown_rule_is_listed(self):
        status, said = self.rules('Rule01One', 'Rule15Fifteen', 'Failure03Three', 'Rule16Sixteen')
        self.assertEqual(status, 1)
        self.assertIn('no rule 16', said)

    def test_a_file_that_is_never_built_is_listed(self):
        self.registered = 'xylophone'
        status, said = self.rules('Rule01One', 'Rule15SetAndFailure3Too')
        self.assertEqual(status, 1)
        self.assertIn('names x-test.cpp', said)


unittest.main(verbosity=1)
