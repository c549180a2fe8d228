// SPDX-License-Identifier: LGPL-2.1-or-later

// Tests of the override, as TAP: one line a test, whose name is a sentence.
//
// The garbage is collected after every step of a test, so that what is not kept alive is gone in time.

import GLib from 'gi://GLib';
import Memo from 'gi://Memo?version=1';
import System from 'system';

// How long a test may take before it counts as one that hangs, in seconds.
const PATIENCE = 60;

const tests = [];

/** Adds a test; func may be async, and fails by throwing. */
export function test(name, func) {
  tests.push({name, func});
}

/** Goes on when the main loop has been around, and the garbage was collected. */
export function turn() {
  return new Promise(resolve => {
    GLib.idle_add(GLib.PRIORITY_LOW, () => {
      System.gc();
      resolve();
      return GLib.SOURCE_REMOVE;
    });
  });
}

function show(value) {
  if (typeof value === 'string')
    return JSON.stringify(value);
  if (typeof value === 'bigint')
    return `${value}n`;
  if (value instanceof Map || value instanceof Set)
    return `${value.constructor.name} ${show([...value])}`;
  if (value instanceof Uint8Array)
    return `Uint8Array ${show(Array.from(value))}`;
  if (value instanceof Date)
    return `Date ${value.getTime()}`;
  if (Array.isArray(value))
    return `[${Array.from(value, show).join(', ')}]`;
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${show(item)}`).join(', ')}}`;
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Fails unless something is so. */
export function check(condition, what) {
  System.gc();
  if (!condition)
    throw new Error(`it is not so that ${what}`);
}

/** Fails unless two things are the same: the very same object, or the same value. */
export function same(got, expected, what = 'it') {
  System.gc();
  if (!Object.is(got, expected))
    throw new Error(`${what} is ${show(got)}, and not ${show(expected)}`);
}

/** Fails unless two things look the same. */
export function alike(got, expected, what = 'it') {
  System.gc();
  if (show(got) !== show(expected))
    throw new Error(`${what} is ${show(got)}, and not ${show(expected)}`);
}

/** Gives what a promise is rejected with, or a function throws; fails if there is nothing. */
export async function thrown(what) {
  try {
    await (typeof what === 'function' ? what() : what);
  } catch (e) {
    System.gc();
    return e;
  }
  throw new Error('nothing was thrown');
}

/** Fails unless an error is one of a class, or of a domain and code, and says why. */
export function checkError(error, Class, message) {
  const isIt = typeof Class === 'function' ? error instanceof Class : error.matches?.(...Class);
  if (!isIt || !error.message.includes(message))
    throw new Error(`the error is ${error}, and not one that says “${message}”`);
}

/** A cache whose time a test moves. */
export function cacheWithClock(properties = {}) {
  const clock = new Memo.ManualClock();
  return [new Memo.AsyncCache({clock, ...properties}), clock];
}

function watch(name) {
  return GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, PATIENCE, () => {
    print(`Bail out! ${name}: hangs`);
    System.exit(1);
  });
}

/** Runs the tests that were added. */
export async function run() {
  let failed = 0;
  print(`1..${tests.length}`);

  for (const [i, {name, func}] of tests.entries()) {
    const watchdog = watch(name);
    let verdict = 'ok';
    try {
      await func();
      await turn();
    } catch (e) {
      verdict = 'not ok';
      failed++;
      print(`# ${String(e).replaceAll('\n', '\n# ')}\n# ${(e.stack ?? '').trim().replaceAll('\n', '\n# ')}`);
    }
    GLib.source_remove(watchdog);
    print(`${verdict} ${i + 1} - ${name}`);
  }

  System.exit(failed > 0 ? 1 : 0);
}
