// SPDX-License-Identifier: LGPL-2.1-or-later

// Values of JavaScript in a cache: any value in memory, plain data in a tier.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Memo from 'gi://Memo?version=1';

import {alike, cacheWithClock, check, checkError, run, same, test, thrown, turn} from './tap.js';

class User {
  constructor(name) {
    this.name = name;
  }
}

// Keeps bytes in a Map.
const MapBackend = GObject.registerClass({
  Implements: [Memo.Backend],
}, class MapBackend extends GObject.Object {
  constructor() {
    super();
    this.records = new Map();
  }

  vfunc_load(key, call) {
    call.return_bytes(this.records.get(key) ?? null);
  }

  vfunc_store(key, call) {
    this.records.set(key, call.get_bytes());
    call.return_nothing();
  }

  vfunc_remove(key, call) {
    this.records.delete(key);
    call.return_nothing();
  }

  vfunc_clear(call) {
    this.records.clear();
    call.return_nothing();
  }
});

// --- in memory ---

test('AnyValueIsAValueAndComesBackAsItself', async () => {
  const cache = new Memo.AsyncCache();
  const values = {
    object: {a: [1, {b: 2}]}, array: [1, 'two'], instance: new User('Ada'), func: () => 1, symbol: Symbol('s'),
    map: new Map([[1, 2]]), set: new Set([1]), date: new Date(), bytes: Uint8Array.of(1, 2), bigint: 2n ** 70n,
    promise: Promise.resolve(1), error: new Error('a value like any other'), object_of_GLib: new Gio.SimpleAction({name: 'a'}),
    variant: new GLib.Variant('s', 'x'), text: 'žluť 😀', zeros: 'a\0b', half: '\ud800', yes: true, no: false, integer: 42,
    number: 1.5, minus: -0, big: 2 ** 60, nan: NaN, infinite: -Infinity, nothing: null, empty: '', zero: 0, regexp: /x/g,
    proxy: new Proxy({}, {}), weak: new WeakMap(), class: User, entries: Object.create(null),
  };

  for (const [name, value] of Object.entries(values))
    cache.set(name, value);
  await turn();
  for (const [name, value] of Object.entries(values)) {
    same(cache.lookup(name).value, value, name);
    // A promise is awaited by whoever awaits the get.
    if (name !== 'promise') {
      same(await cache.get(name), value, name);
      same(await cache.get(`loaded ${name}`, async () => value), value, `loaded ${name}`);
    }
  }
});

test('AGObjectKeepsWhatJavaScriptHasAddedToIt', async () => {
  const cache = new Memo.AsyncCache();
  (() => {
    const action = new Gio.SimpleAction({name: 'open'});
    action.extra = {deep: ['data']};
    cache.set('action', action);
  })();
  await turn();
  await turn();
  alike((await cache.get('action')).extra, {deep: ['data']});
});

test('SettingHasATimeToLiveAndTags', () => {
  const [cache, clock] = cacheWithClock({default_ttl: 300});
  cache.set('default', {});
  cache.set('also', {}, {ttl: null});
  cache.set('long', {}, {ttl: 3600, tags: ['users', 'all']});
  cache.set('always', {}, {ttl: Infinity, tags: 'all'});

  clock.advance(300);
  alike(['default', 'also', 'long', 'always'].map(key => cache.contains(key)), [false, false, true, true]);
  cache.invalidate_tags(['users']);
  alike(['long', 'always'].map(key => cache.contains(key)), [false, true]);
  cache.set('always', {}, {ttl: 0});
  same(cache.contains('always'), false);
});

test('MistakesOfSettingAreErrors', async () => {
  const cache = new Memo.AsyncCache();
  checkError(await thrown(() => cache.set('a', undefined)), TypeError, 'null is one');
  checkError(await thrown(() => cache.set('a\0', 1)), TypeError, 'without zeros');
  checkError(await thrown(() => cache.set('a', 1, {ttl: -5})), RangeError, 'number of seconds');
  checkError(await thrown(() => cache.set('a', 1, {ttl: '5'})), RangeError, 'number of seconds');
  checkError(await thrown(() => cache.set('a', 1, {time: 5})), TypeError, 'there are ttl, tags');
  checkError(await thrown(() => cache.set('a', 1, {tags: [1]})), TypeError, 'a tag is text');
  same(cache.contains('a'), false);
});

test('EntriesOfOthersHaveAValueToo', () => {
  const values = [
    [Memo.Entry.new_string('x'), 'x'], [Memo.Entry.new_int64(-7), -7], [Memo.Entry.new_double(2), 2],
    [Memo.Entry.new_boolean(false), false], [Memo.Entry.new_nothing(), null], [Memo.Entry.new(3), 3], [Memo.Entry.new('x'), 'x'],
    [Memo.Entry.new_bytes(new GLib.Bytes(Uint8Array.of(1, 2))), Uint8Array.of(1, 2)],
    [Memo.Entry.new_variant(new GLib.Variant('(a{sv}msms(y)ad)', [{n: new GLib.Variant('i', 1)}, null, 'x', [7], [1, 2.5]])),
      [{n: 1}, null, 'x', [7], [1, 2.5]]],
    [Memo.Entry.new_variant(new GLib.Variant('a{is}', {1: 'one'})), new Map([[1, 'one']])],
    [Memo.Entry.new_variant(new GLib.Variant('(og)', ['/a', 'ii'])), ['/a', 'ii']],
    [Memo.Entry.new_variant(GLib.Variant.parse(null, 'uint64 18446744073709551615', null, null)), 2n ** 64n - 1n],
    [Memo.Entry.new_variant(new GLib.Variant('(ss)', ['js:BigInt', 'no number'])), ['js:BigInt', 'no number']],
    [Memo.Entry.new_variant(new GLib.Variant('(sx)', ['js:Set', 1])), ['js:Set', 1]],
  ];
  for (const [entry, value] of values)
    alike(entry.value, value);

  const action = new Gio.SimpleAction({name: 'a'});
  same(Memo.Entry.new_object(action).value, action);
});

test('WhatATierGivesBackChangesNoPrototype', () => {
  const {value} = Memo.Entry.new_variant(new GLib.Variant('a{sv}', {
    ['__proto__']: new GLib.Variant('a{sv}', {polluted: new GLib.Variant('b', true)}),
  }));
  same(Object.getPrototypeOf(value), Object.prototype);
  same(value.polluted, undefined);
  same({}.polluted, undefined);
});

// --- in a tier ---

const PLAIN = {
  row: {id: 7, name: 'Ada', price: 1.5, tags: ['a', 'b'], address: {city: 'Brno', zip: null}, ok: true, none: []},
  text: 'žluť 😀', zeros: 'a\0b', half: ['\ud800'], integer: 42, number: 1.5, minus: -0, big: 2 ** 60, nan: NaN, yes: true,
  nothing: null, numbers: [1e21, -1e-7, 5e-324, 0.1, Infinity, -Infinity, -0, 1e300],
  bytes: Uint8Array.of(0, 1, 255), list: [1, 'two', null, undefined, [3n, 2n ** 60n, 2n ** 70n]], empty: {}, date: new Date(1234567890123),
  map: new Map([['z', {n: 1}], [2, new Set(['b', 'a'])]]), set: new Set([3, 1, 2]), odd: {'a\0': 1, b: 2}, variant: {v: new GLib.Variant('i', 3)},
};

test('PlainDataComesBackFromATierAsItWas', async () => {
  const backup = new MapBackend();
  const cache = new Memo.AsyncCache({maxsize: null, backup});
  for (const [name, value] of Object.entries(PLAIN))
    cache.set(name, value);
  await cache.get('loaded', async () => PLAIN.row);
  await cache.flush();
  same(backup.records.size, Object.keys(PLAIN).length + 1, 'the number of records');

  const other = new Memo.AsyncCache({maxsize: null, backup});
  await turn();
  for (const [name, value] of Object.entries(PLAIN)) {
    alike(await cache.get(name), value, name);
    alike(await other.get(name), value, `${name} after a restart`);
  }
  alike(await other.get('loaded'), PLAIN.row);
  same((await other.get('variant')).v.get_int32(), 3);
  same(other.get_metrics().backup_failures, 0);
});

test('WhatCannotBeKeptInATierIsRefused', async () => {
  const cache = new Memo.AsyncCache({backup: new MapBackend()});
  const deep = Array.from({length: 30}).reduce(inner => ({a: inner}), 1);
  const cycle = {};
  cycle.self = cycle;

  for (const [value, why] of [
    [new User('Ada'), 'it is an object of the class User'], [{a: {b: () => 1}}, 'what is at a.b is a function'],
    [cycle, 'contains itself'], [deep, 'nested too deep'], [new Gio.SimpleAction(), 'the class Gio_SimpleAction'],
  ]) {
    checkError(await thrown(() => cache.set('a', value)), TypeError, why);
    checkError(await thrown(cache.get('a', async () => value)), TypeError, 'a backup or a remote cache keeps plain data only');
  }
  same(cache.contains('a'), false);
});

test('AFunctionThatRemembersInATier', async () => {
  const backup = new MapBackend();
  let calls = 0;
  const make = () => Memo.ttl({name: 'get_user', time_to_live: null, backup})(async id => {
    calls++;
    return {id, name: `user ${id}`};
  });

  const f = make();
  alike(await f(1), {id: 1, name: 'user 1'});
  await f.cache.flush();
  alike(await make()(1), {id: 1, name: 'user 1'});
  same(calls, 1, 'the number of calls');
  check(backup.records.has('d:get_user(x 1)'), 'it is under its key');
});

test('ACodecOfOnesOwnKeepsWhatItLikes', async () => {
  const UserCodec = GObject.registerClass({
    Implements: [Memo.Codec],
  }, class UserCodec extends GObject.Object {
    vfunc_encode(call) {
      call.return_bytes(new GLib.Bytes(new TextEncoder().encode(call.get_entry().value.name)));
    }

    vfunc_decode(call) {
      call.return_entry(Memo.Entry.of(new User(new TextDecoder().decode(call.get_bytes().toArray()))));
    }
  });
  const backup = new MapBackend();
  const codec = new UserCodec();
  const cache = new Memo.AsyncCache({backup, codec});
  const user = new User('Ada');

  cache.set('a', user);
  same(await cache.get('a'), user);
  await cache.flush();
  const again = await new Memo.AsyncCache({backup, codec}).get('a');
  check(again instanceof User && again.name === 'Ada', 'it is one again after a restart');
});

test('ABackendByItsUri', async () => {
  if (!Memo.Backend.list_schemes().includes('disk')) {
    checkError(await thrown(() => new Memo.AsyncCache({backup: 'disk:///x'})), [Memo.Error, Memo.Error.NO_BACKEND], 'disk');
    return;
  }

  const folder = GLib.Dir.make_tmp('memo-gjs-XXXXXX');
  try {
    const backup = `disk://${folder}/cache.db`;
    const cache = new Memo.AsyncCache({backup});
    cache.set('row', PLAIN.row);
    await cache.close();
    const other = new Memo.AsyncCache({backup});
    alike(await other.get('row'), PLAIN.row);
    await other.close();
  } finally {
    for (const info of Gio.File.new_for_path(folder).enumerate_children('standard::name', 0, null))
      GLib.unlink(GLib.build_filenamev([folder, info.get_name()]));
    GLib.rmdir(folder);
  }
});

test('BytesBoundACacheOrNothingDoes', async () => {
  const bounded = new Memo.AsyncCache({maxsize: null, max_bytes: 10000});
  const unbounded = [{maxBytes: null}, {max_bytes: Infinity}, {}].map(limit => new Memo.AsyncCache({maxsize: null, ...limit}));

  for (const cache of [bounded, ...unbounded]) {
    for (let i = 0; i < 100; i++)
      cache.set(`key ${i}`, Memo.Entry.new_string('x'.repeat(1000)));
  }
  check(bounded.get_metrics().size < 10, 'evicts for lack of memory');
  check(unbounded.every(cache => cache.get_metrics().size === 100), 'evicts nothing');
});

test('NullIsNoLimit', () => {
  const cache = new Memo.AsyncCache({maxsize: null, defaultTtl: null});
  alike([cache.maxsize, cache.default_ttl], [Memo.UNLIMITED, Infinity]);
  same(new Memo.AsyncCache({maxsize: Infinity}).maxsize, Memo.UNLIMITED);
  same(new Memo.AsyncCache().maxsize, 128);
});

await run();
