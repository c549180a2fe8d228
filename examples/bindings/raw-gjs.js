// SPDX-License-Identifier: CC0-1.0

// The quick start in JavaScript, on nothing but GObject Introspection: gjs -m raw-gjs.js
//
// What is got here comes from loaders that are written in JavaScript. A cache takes strings,
// variants, bytes, GObjects and numbers this way; a JavaScript object of one's own needs a
// GObject to hold it.

import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import GObject from 'gi://GObject';
import Memo from 'gi://Memo?version=1';
import System from 'system';

const NAMES = {1: 'Ada Almeida', 2: 'Amira Andersen', 3: 'Anton Bakker'};

let failures = 0;

// Prints what is so, or complains that it is not.
function check(condition, what) {
  if (!condition)
    failures++;
  print(`  ${condition ? '' : 'NOT '}${what}`);
}

// Makes a loader of a function that returns an entry or null, or throws: what is thrown
// becomes the answer, as nobody else would hear of it.
function loaderFor(load) {
  return Memo.Loader.new(call => {
    try {
      call.return_entry(load(call));
    } catch (e) {
      call.return_error(e instanceof GLib.Error
        ? e : new GLib.Error(Memo.Error, Memo.Error.FAILED, `${e.name}: ${e.message}`));
    }
  });
}

function get(cache, key, loader, flags = Memo.GetFlags.NONE) {
  return new Promise((resolve, reject) => {
    cache.get_async(key, flags, loader, null, (source, result) => {
      try {
        resolve(cache.get_finish(result));
      } catch (e) {
        reject(e);
      }
    });
  });
}

// The error that a get ends with.
async function errorOf(cache, key, loader, flags = Memo.GetFlags.NONE) {
  try {
    await get(cache, key, loader, flags);
  } catch (e) {
    return e;
  }
  return null;
}

// What a GObject that holds something of JavaScript looks like.
const Basket = GObject.registerClass(class Basket extends GObject.Object {
  constructor(...things) {
    super();
    this.things = things;
  }
});

async function getting(cache) {
  print('A loader in JavaScript');
  const loads = [];

  // One loader for all users, made once and kept.
  const loader = loaderFor(call => {
    const key = call.get_key();
    loads.push(key);

    const name = NAMES[key.slice('user:'.length)];
    if (name === undefined)
      return null;

    const entry = Memo.Entry.new_string(name);
    entry.set_tags(['users']);
    return entry;
  });

  check(cache.lookup('user:1') === null, 'in memory before anyone asked: nothing');
  check((await get(cache, 'user:1', loader)).get_string() === 'Ada Almeida', 'loaded: Ada Almeida');
  check(cache.lookup('user:1').get_string() === 'Ada Almeida', 'found in memory: Ada Almeida');
  check(await get(cache, 'user:9', loader) === null, 'a user whom nobody knows: a miss, no error');
  check(loads.join() === 'user:1,user:9', 'two loads for this');

  const herd = Array.from({length: 100}, () => get(cache, 'user:2', loader));
  const answers = new Set((await Promise.all(herd)).map(entry => entry.get_string()));
  check(answers.size === 1 && answers.has('Amira Andersen') && loads.length === 3,
    'a hundred gets at once, one load');
  return loader;
}

async function keeping(cache, loader) {
  print('Set, delete, tags');
  cache.set('greeting', Memo.Entry.new_string('hello'));
  cache.set('point', Memo.Entry.new_variant(new GLib.Variant('(dd)', [1.5, 2.5])));
  cache.set('raw', Memo.Entry.new_bytes(new GLib.Bytes(Uint8Array.of(0, 1, 2))));
  cache.set('object', Memo.Entry.new_object(new Basket('apples', 'pears')));
  cache.set('answer', Memo.Entry.new_int64(42));

  // What was stored does not depend on what JavaScript still remembers.
  System.gc();

  check(cache.lookup('greeting').get_string() === 'hello', 'a string');
  check(cache.lookup('point').get_variant().deepUnpack().join() === '1.5,2.5', 'a variant');
  check(cache.lookup('raw').get_bytes().toArray().join() === '0,1,2', 'bytes');
  check(cache.lookup('object').get_object().things?.join() === 'apples,pears', 'a GObject, and what it holds');
  check(cache.lookup('answer').get_int64() === 42, 'a number');

  check(cache.delete('greeting') && !cache.delete('greeting'), 'deleted once, and then there is none');
  check(cache.lookup('greeting') === null, 'gone after the delete');

  await get(cache, 'user:3', loader);
  check(cache.contains('user:3'), 'user:3 is there, with the tag users');
  cache.invalidate_tags(['users']);
  check(!cache.contains('user:1') && !cache.contains('user:3') && cache.contains('answer'),
    'the tag invalidated: the users are gone and the rest is not');
}

async function refreshing(cache) {
  print('Force refresh');
  let left = 8;
  const loader = loaderFor(() => {
    if (left === null)
      throw new RangeError('nobody counted');
    return Memo.Entry.new_int64(left);
  });

  check((await get(cache, 'stock', loader)).get_int64() === 8, 'eight are left');
  left = 5;
  check((await get(cache, 'stock', loader)).get_int64() === 8, 'five, but a get says eight');
  check((await get(cache, 'stock', loader, Memo.GetFlags.REFRESH)).get_int64() === 5, 'a refresh says five');
  left = null;
  const error = await errorOf(cache, 'stock', loader, Memo.GetFlags.REFRESH);
  check(error?.matches(Memo.Error, Memo.Error.FAILED), `a refresh fails: ${error.message}`);
  check(cache.lookup('stock').get_int64() === 5, 'the entry is as it was: five');
}

async function failing(cache) {
  print('Errors');
  let error = await errorOf(cache, 'refused', loaderFor(() => {
    throw new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'the shop is closed');
  }));
  check(error?.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY), `of the loader: ${error.message}`);

  // JavaScript lets go of a call when it collects its garbage, and of no call before: where
  // a loader may forget one, a timeout of the loader says how long that may take.
  const collector = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 10, () => {
    System.gc();
    return GLib.SOURCE_CONTINUE;
  });
  error = await errorOf(cache, 'dropped', Memo.Loader.new(() => {}));
  GLib.source_remove(collector);
  check(error?.matches(Memo.Error, Memo.Error.ABANDONED), 'of a call that was dropped unanswered');
}

function constants() {
  print('Constants');
  check(Memo.TTL_DEFAULT === -1.0, 'TTL_DEFAULT is -1.0');
  check(Memo.TTL_FOREVER === Infinity, 'TTL_FOREVER is infinite');
  check(Memo.UNLIMITED === 4294967295, 'UNLIMITED is 4294967295');
  check(Memo.AsyncCache.new(Memo.UNLIMITED, Memo.TTL_FOREVER).maxsize === 4294967295,
    'and a cache can be made of them');
}

function counting(cache) {
  const metrics = cache.get_metrics();
  print('Metrics');
  for (const name of ['hits', 'misses', 'coalesced', 'loads', 'load_failures', 'invalidations', 'size'])
    print(`  ${name.padEnd(14)}${String(metrics[name]).padStart(4)}`);
  print(`  ${'hit_rate'.padEnd(14)}${metrics.hit_rate.toFixed(3).padStart(8)}`);
  check(metrics.loads === 9 && metrics.coalesced === 99, 'as many loads as loaders were called');
}

async function main() {
  const cache = Memo.AsyncCache.new(1000, 300.0);

  const loader = await getting(cache);
  await keeping(cache, loader);
  await refreshing(cache);
  await failing(cache);
  constants();
  counting(cache);
}

const loop = new GLib.MainLoop(null, false);

main().catch(e => {
  logError(e);
  failures++;
}).finally(() => loop.quit());

loop.run();
System.exit(failures > 0 ? 1 : 0);
