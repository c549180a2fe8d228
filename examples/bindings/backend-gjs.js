// SPDX-License-Identifier: CC0-1.0

// A backend in JavaScript, on nothing but GObject Introspection: gjs -m backend-gjs.js
//
// It keeps bytes in a Map, where a real one would ask something slow: what has to be written
// is the same.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Memo from 'gi://Memo?version=1';
import System from 'system';

let failures = 0;

// Prints what is so, or complains that it is not.
function check(condition, what) {
  if (!condition)
    failures++;
  print(`  ${condition ? '' : 'NOT '}${what}`);
}

// [answering]
// Calls a function, and makes what it throws the answer of the call: nobody else would hear of it.
function answering(call, func) {
  try {
    func();
  } catch (e) {
    call.return_error(e instanceof GLib.Error
      ? e : new GLib.Error(Memo.Error, Memo.Error.FAILED, `${e.name}: ${e.message}`));
  }
}
// [/answering]

// [backend]
// Keeps bytes in a Map, and not more of them than it has room for.
const ShelfBackend = GObject.registerClass({
  GTypeName: 'ShelfBackend',
  Implements: [Memo.Backend],
  Properties: {
    uri: GObject.ParamSpec.string('uri', null, null,
      GObject.ParamFlags.READWRITE | GObject.ParamFlags.CONSTRUCT_ONLY, null),
  },
}, class ShelfBackend extends GObject.Object {
  vfunc_open(call) {
    this._shelf = new Map();
    call.return_nothing();
  }

  vfunc_load(key, call) {
    answering(call, () => call.return_bytes(this._shelf.get(key) ?? null));
  }

  vfunc_store(key, call) {
    answering(call, () => {
      if (!this._shelf.has(key) && this._shelf.size === ShelfBackend.ROOM)
        throw new GLib.Error(Memo.Error, Memo.Error.BUSY, 'the shelf is full');
      this._shelf.set(key, call.get_bytes());
      call.return_nothing();
    });
  }

  vfunc_remove(key, call) {
    answering(call, () => {
      const only = call.get_bytes();
      if (only === null || this._shelf.get(key)?.equal(only))
        this._shelf.delete(key);
      call.return_nothing();
    });
  }

  vfunc_clear(call) {
    this._shelf.clear();
    call.return_nothing();
  }

  vfunc_close(call) {
    this._shelf = null;
    call.return_nothing();
  }
});
ShelfBackend.ROOM = 3;
// [/backend]

// [later]
// Answers a load later: whoever keeps the call may answer it at any time.
const LateBackend = GObject.registerClass({
  GTypeName: 'LateBackend',
  Implements: [Memo.Backend],   // again, as one of its functions is overridden
}, class LateBackend extends ShelfBackend {
  vfunc_load(key, call) {
    Promise.resolve().then(() => super.vfunc_load(key, call));
  }
});
// [/later]

// Makes the mistakes that a backend can make.
const WrongBackend = GObject.registerClass({
  GTypeName: 'WrongBackend',
  Implements: [Memo.Backend],
}, class WrongBackend extends ShelfBackend {
  vfunc_load(key, call) {
    answering(call, () => call.return_bytes(this._shelf.get(key).no_such_thing));
  }

  vfunc_flush() {
    // Forgets the call.
  }
});

// Calls a pair of functions of a backend, and gives a promise of what the second one returns.
function ask(backend, name, ...args) {
  return new Promise((resolve, reject) => {
    backend[`${name}_async`](...args, null, (source, result) => {
      try {
        resolve(backend[`${name}_finish`](result));
      } catch (e) {
        reject(e);
      }
    });
  });
}

async function load(backend, key) {
  const bytes = await ask(backend, 'load', key);
  return bytes === null ? null : bytes.toArray().join();
}

function bytesOf(...content) {
  return new GLib.Bytes(Uint8Array.from(content));
}

function store(backend, key, ...content) {
  return ask(backend, 'store', key, bytesOf(...content), Memo.TTL_FOREVER, false);
}

// The error that a promise ends with.
async function errorOf(promise) {
  try {
    await promise;
  } catch (e) {
    return e;
  }
  return null;
}

async function keeping(backend) {
  check(await load(backend, 'key') === null, 'at first there is nothing, which is no error');
  await store(backend, 'key', 97, 0, 98);
  // What was stored does not depend on what JavaScript still remembers.
  System.gc();
  check(await load(backend, 'key') === '97,0,98', 'stored, and found');
  check(await store(backend, 'key', 1) && await load(backend, 'key') === '1', 'replaced');
  check(await ask(backend, 'remove', 'key', bytesOf(2)) && await load(backend, 'key') === '1',
    'not removed: it is another one');
  check(await ask(backend, 'remove', 'key', bytesOf(1)) && await load(backend, 'key') === null, 'removed');
  for (let i = 0; i < 3; i++)
    await store(backend, `key ${i}`, i);
  let error = await errorOf(store(backend, 'key 3', 3));
  check(error?.matches(Memo.Error, Memo.Error.BUSY), `an error: ${error.message}`);
  check(await ask(backend, 'clear') && await load(backend, 'key 0') === null, 'cleared');
  check(await ask(backend, 'flush'), 'flushed, for which the backend has no function');
  check(await ask(backend, 'close'), 'closed,');
  error = await errorOf(load(backend, 'key'));
  check(error?.matches(Memo.Error, Memo.Error.CLOSED), `and that it is: ${error.message}`);
}

async function caching() {
  // [cache]
  const backend = new ShelfBackend();
  let cache = new Memo.AsyncCache({maxsize: 1000, backup: backend});
  // [/cache]
  let loads = 0;
  const loader = Memo.Loader.new(call => {
    loads++;
    call.return_entry(Memo.Entry.new_string('Ada Almeida'));
  });
  const get = async () =>
    (await ask(cache, 'get', 'user:1', Memo.GetFlags.NONE, loader)).get_string();

  check(await get() === 'Ada Almeida' && loads === 1, 'loaded, as it is nowhere yet');
  check(await ask(cache, 'flush'), 'written to the backend');

  // Another one, as after a restart.
  cache = new Memo.AsyncCache({maxsize: 1000, backup: backend});
  check(await get() === 'Ada Almeida' && loads === 1, 'found by another cache, without a load');
  cache.delete('user:1');
  await ask(cache, 'flush');
  cache = new Memo.AsyncCache({maxsize: 1000, backup: backend});
  check(await get() === 'Ada Almeida' && loads === 2, 'deleted, and loaded again');
}

async function mistakes() {
  const backend = new WrongBackend();
  let error = await errorOf(load(backend, 'key'));
  check(error?.matches(Memo.Error, Memo.Error.FAILED), `what is thrown is the answer: ${error.message.split(':')[0]}`);

  // JavaScript lets go of a call when it collects its garbage, and of no call before.
  const collector = GLib.timeout_add(GLib.PRIORITY_DEFAULT, 10, () => {
    System.gc();
    return GLib.SOURCE_CONTINUE;
  });
  error = await errorOf(ask(backend, 'flush'));
  GLib.source_remove(collector);
  check(error?.matches(Memo.Error, Memo.Error.ABANDONED), 'a call that is forgotten is an error, too');
}

// [register]
function register() {
  try {
    Gio.IOExtensionPoint.implement(Memo.BACKEND_EXTENSION_POINT_NAME, ShelfBackend.$gtype, 'shelf', 0);
  } catch (e) {
    // It is done: GJS only cannot make an object of what is returned.
  }
  return Memo.Backend.new_for_uri('shelf:kitchen');
}
// [/register]

async function main() {
  print('A backend');
  await keeping(new ShelfBackend());

  print('One that answers later');
  await keeping(new LateBackend());

  print('One that is made by its URI');
  const backend = register();
  check(backend instanceof ShelfBackend && backend.uri === 'shelf:kitchen', 'it knows its URI');
  check(Memo.Backend.list_schemes().includes('shelf'), 'its scheme is listed');
  await keeping(backend);

  print('Behind a cache');
  await caching();

  print('One that makes mistakes');
  await mistakes();
}

const loop = new GLib.MainLoop(null, false);

main().catch(e => {
  logError(e);
  failures++;
}).finally(() => loop.quit());

loop.run();
System.exit(failures > 0 ? 1 : 0);
