// SPDX-License-Identifier: LGPL-2.1-or-later

// Programs of their own, and how they end.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {alike, check, run, test} from './tap.js';

const GJS = Gio.File.new_for_path('/proc/self/exe').query_info('standard::symlink-target', 0, null).get_symlink_target();

const BEGIN = `
  import GLib from 'gi://GLib';
  import Memo from 'gi://Memo?version=1';
  const cache = new Memo.AsyncCache();
`;

// Runs a program, and gives what it printed and how it ended.
function program(text) {
  const [file, stream] = Gio.File.new_tmp('memo-gjs-XXXXXX.js');
  try {
    stream.output_stream.write_all(new TextEncoder().encode(BEGIN + text), null);
    stream.close(null);

    const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE});
    const child = launcher.spawnv([GJS, '-m', file.get_path()]);
    const [, printed, complained] = child.communicate_utf8(null, null);
    return {printed: printed.trim(), complained: complained.trim(), status: child.get_exit_status()};
  } finally {
    file.delete(null);
  }
}

test('AwaitAtTheTopOfAModuleNeedsNoMainLoop', () => {
  const {printed, complained, status} = program(`
    print(await cache.get('a', async key => 'value of ' + key));
  `);
  alike([printed, complained, status], ['value of a', '', 0]);
});

test('AProgramWithoutAMainLoopEnds', () => {
  const {printed, status} = program(`
    cache.get('a', async () => 1).then(() => print('got it'));
    print('the end');
  `);
  alike([printed, status], ['the end', 0]);
});

test('AMainLoopThatIsLeftWhileSomebodyWaitsEnds', () => {
  const {printed, complained, status} = program(`
    const loop = new GLib.MainLoop(null, false);
    const forgotten = {};
    cache.get('a', () => new Promise(resolve => { forgotten.resolve = resolve; })).then(() => print('got it'));
    GLib.idle_add(GLib.PRIORITY_LOW, () => loop.quit());
    loop.run();
    print('the end');
  `);
  alike([printed, complained, status], ['the end', '', 0]);
});

test('AnExceptionThatNobodyCatchesIsSaid', () => {
  const {complained} = program(`
    const loop = new GLib.MainLoop(null, false);
    cache.get('a', () => { throw new TypeError('the shop is closed'); });
    GLib.timeout_add(GLib.PRIORITY_LOW, 1, () => loop.quit());
    loop.run();
  `);
  check(complained.includes('Unhandled promise rejection'), `GJS says so: ${complained}`);
});

test('AScriptThatIsNoModuleGetsTheSame', () => {
  const child = Gio.Subprocess.new([GJS, '-c', `
    const {GLib, Memo} = imports.gi;
    const loop = new GLib.MainLoop(null, false);
    const f = Memo.lru()(async x => ({x}));
    f(7).then(value => print(value.x)).finally(() => loop.quit());
    loop.run();
  `], Gio.SubprocessFlags.STDOUT_PIPE);
  alike(child.communicate_utf8(null, null)[1].trim(), '7');
  check(child.get_successful(), 'it succeeds');
  check(GLib.getenv('GJS_PATH') !== null, 'the override is on the path');
});

await run();
