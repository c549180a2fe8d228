#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of the scripts that check: each is given something wrong, and has to say so."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
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

    def output_part(self, part, shown):
        output = self.write('told.out', 'Cold, 10 gets\n  queries: 10\n\nWarm: 10 gets\n  queries: 0\n\nWarm: 20 gets\n')
        return f'<!-- snippet: {output}#{part} -->\n```text\n{shown}```\n'

    def test_a_part_of_an_output_is_a_paragraph(self):
        status, said = self.check(self.output_part('cold', 'Cold, 10 gets\n  queries: 10\n'))
        self.assertEqual(status, 0, said)
        self.assert_wrong(self.output_part('cold', 'Cold, 10 gets\n  queries: 11\n'), '+  queries: 10')

    def test_a_part_of_an_output_is_named_by_whole_words_of_one(self):
        self.assert_wrong(self.output_part('col', ''), 'no paragraph begins with col')
        self.assert_wrong(self.output_part('warm', ''), '2 paragraphs begin with warm')

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


@unittest.skipUnless(importlib.util.find_spec('markdown'), 'this Python has no module markdown')
class LinksTest(CheckerTest):
    def links(self, text, other='# A page\n\n## The end, or not\n'):
        self.write('docs/other.md', other)
        self.write('page.md', text)
        return self.run_script('check-links.py', self.folder)

    def assert_broken(self, text, why):
        status, said = self.links(text)
        self.assertEqual(status, 1, said)
        self.assertIn(why, said)

    def test_links_that_lead_somewhere_pass(self):
        status, said = self.links('# Top\n\n[a](docs/other.md) [b](docs/other.md#the-end-or-not) [c](#top) [d](docs/)\n'
                                  '[e](https://docs.gtk.org/glib/) [class@Memo.Cache]\n\n```c\nx[i](y);\n```\n')
        self.assertEqual(status, 0, said)
        self.assertIn('5 links', said)

    def test_a_file_that_is_not_there_is_a_broken_link(self):
        self.assert_broken('[a](docs/nothing.md)', 'docs/nothing.md is not there')
        self.assert_broken('![a](plot.svg)', 'plot.svg is not there')

    def test_a_heading_that_is_not_there_is_a_broken_link(self):
        self.assert_broken('[a](docs/other.md#start)', 'no heading #start in docs/other.md')
        self.assert_broken('[a](#nowhere)', 'no heading #nowhere')

    def test_a_link_that_leaves_the_project_is_refused(self):
        self.assert_broken('[a](../x.md)', 'leaves the project')
        self.assert_broken('[a](/etc/passwd)', 'leaves the project')

    def test_a_reference_without_its_target_is_a_broken_link(self):
        self.assert_broken('See [the page][nowhere].', '[the page][nowhere] has no target')

    def test_a_picture_without_words_is_refused(self):
        self.write('plot.svg', '<svg/>')
        self.assert_broken('![](plot.svg)', 'says nothing to who cannot see it')


class FiguresTest(CheckerTest):
    def check(self, row):
        self.write('tutorials/01-first/herd.out', 'by hand 100, with a cache 1; 0.5 s\n')
        self.write('tutorials/01-first/README.md', '**5 of 40 fail.** And 7 do not.\n')
        return self.run_script('check-figures.py', self.write('README.md', f'| | | | |\n|---|---|---|---|\n{row}\n'))

    def row(self, by_hand, with_libcache):
        return f'| Queries | {by_hand} | {with_libcache} | [1](tutorials/01-first/README.md) |'

    def test_figures_that_are_printed_or_in_bold_pass(self):
        for figures in ((100, 1), ('5 of 40', 1)):
            status, said = self.check(self.row(*figures))
            self.assertEqual(status, 0, said)

    def test_figures_that_are_neither_are_refused(self):
        for figures in ((101, 1), (100, 7), (10, 1), (5, 0)):
            status, said = self.check(self.row(*figures))
            self.assertEqual(status, 1, said)
            self.assertIn('tutorials/01-first has no', said)

    def test_a_page_without_such_rows_is_refused(self):
        status, said = self.check('| Queries | 100 | 1 | somewhere |')
        self.assertEqual(status, 1, said)


class PlotsTest(CheckerTest):
    def setUp(self):
        super().setUp()
        self.write('a.dat', '1 2\n')
        self.write('a.gp', '# SPDX-License-Identifier: CC0-1.0\n# Two points.\nplot figures\n')
        (self.folder / 'bin').mkdir()
        gnuplot = self.write('bin/gnuplot', '#!/bin/sh\necho "<svg><title>Gnuplot</title></svg>"\n')
        gnuplot.chmod(0o755)
        self.plot('draw')

    def plot(self, command):
        done = subprocess.run([sys.executable, HERE.parent / 'tutorials/plots/plot.py', command, self.folder / 'a'],
                              check=False, stdout=subprocess.PIPE, text=True, encoding='utf-8',
                              env={**os.environ, 'PATH': f'{self.folder}/bin:{os.environ["PATH"]}'})
        return done.returncode, done.stdout

    def test_a_plot_that_was_just_drawn_is_in_step(self):
        status, said = self.plot('check')
        self.assertEqual(status, 0, said)
        self.assertIn('<title>Two points.</title>', (self.folder / 'a.svg').read_text())

    def test_other_figures_or_another_script_are_noticed(self):
        for name in ('a.dat', 'a.gp'):
            before = (self.folder / name).read_text()
            self.write(name, before + '\n')
            status, said = self.plot('check')
            self.assertEqual(status, 1, name)
            self.assertIn('drawn from other figures', said)
            self.write(name, before)

    def test_a_plot_that_is_no_picture_is_noticed(self):
        self.write('a.svg', '<svg>')
        self.assertEqual(self.plot('check')[0], 1)


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


class InstructionsTest(CheckerTest):
    def setUp(self):
        super().setUp()
        loader = importlib.machinery.SourceFileLoader('check_instructions', str(HERE / 'check-instructions'))
        self.checker = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(self.checker)

    def compare(self, counted):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            good = self.checker.compare({'lookup': 1000}, {'lookup': counted})
        return good, said.getvalue()

    def test_as_many_as_allowed_pass(self):
        for counted in (970, 1000, 1030):
            good, said = self.compare(counted)
            self.assertTrue(good, said)

    def test_too_many_fail(self):
        good, said = self.compare(1031)
        self.assertFalse(good)
        self.assertIn('too many', said)

    def test_a_saving_is_pointed_out(self):
        good, said = self.compare(900)
        self.assertTrue(good)
        self.assertIn('--update', said)

    def test_ceilings_are_written_and_read_back(self):
        path = self.write('ceilings.txt', '# About them.\n# Made with: something else\nlookup 1\n')
        self.checker.write(path, 'this', {'lookup': 525.4, 'set': 1273})
        self.assertEqual(self.checker.read(path), ('this', {'lookup': 525, 'set': 1273}))
        self.assertIn('# About them.', path.read_text(encoding='utf-8'))

    def test_a_file_that_is_wrong_is_refused(self):
        for text in ('lookup 1\n', '# Made with: this\n', '# Made with: this\nlookup many\n', '# Made with: this\nlookup\n'):
            with self.assertRaises(SystemExit):
                self.checker.read(self.write('ceilings.txt', text))


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
