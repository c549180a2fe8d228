// SPDX-License-Identifier: LGPL-2.1-or-later

// What introspection gives: every public function is there, and the override changes none of them for the worse.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Memo from 'gi://Memo?version=1';

import {alike, check, checkError, run, same, test, thrown} from './tap.js';

const SYMBOLS = Gio.File.new_for_uri(import.meta.url).get_parent().resolve_relative_path('../../libcache/libcache-1.symbols');

function readSymbols() {
  const [, bytes] = SYMBOLS.load_contents(null);
  return new TextDecoder().decode(bytes).split('\n').filter(line => line.startsWith('memo_'));
}

// The types, by what the names of their functions begin with, the longest first.
function typesByPrefix() {
  const prefix = name => `memo_${name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()}_`;
  return ['AgentCache', 'AgentCacheInvalidator', 'AgentCacheSession', 'AgentFunction', 'AgentLoop', 'AgentTool', 'AsyncCache',
    'AsyncFunction', 'AsyncInvalidator', 'AsyncLru', 'AsyncLruInvalidator', 'AsyncTtl', 'AsyncTtlInvalidator',
    'Backend', 'Cache', 'Call', 'Clock', 'Codec', 'Decorator', 'Entry', 'Invalidator', 'Loader', 'ManualClock', 'Metrics',
    'Mutation', 'Poller', 'RemoteBackend', 'RemoteRequest', 'VariantCodec', 'Warmup']
    .map(name => [prefix(name), Memo[name]])
    .sort(([a], [b]) => b.length - a.length);
}

// What other languages have in place of a function of C.
const NOT_INTROSPECTED = new Set([
  // GJS counts references itself.
  'memo_agent_loop_ref', 'memo_agent_loop_unref', 'memo_entry_ref', 'memo_entry_unref',
]);

test('EveryPublicFunctionIsThere', () => {
  const types = typesByPrefix();
  const missing = [];
  let found = 0;

  for (const symbol of readSymbols()) {
    if (symbol.endsWith('_get_type') || NOT_INTROSPECTED.has(symbol))
      continue;
    const [prefix, Type] = types.find(([begin]) => symbol.startsWith(begin)) ?? ['memo_', Memo];
    const name = symbol.slice(prefix.length);
    if (typeof Type[name] === 'function' || typeof Type.prototype?.[name] === 'function')
      found++;
    else
      missing.push(symbol);
  }
  alike(missing, []);
  check(found > 150, `there are many functions, and not ${found}`);
});

test('CallbacksAreStillTaken', async () => {
  const cache = new Memo.AsyncCache();
  const loader = Memo.Loader.new(call => call.return_entry(Memo.Entry.new_string(call.get_key())));
  const entry = await new Promise((resolve, reject) => {
    cache.get_async('a', Memo.GetFlags.NONE, loader, null, (source, result) => {
      try {
        resolve(source.get_finish(result));
      } catch (e) {
        reject(e);
      }
    });
  });
  same(entry.get_string(), 'a');
});

test('WhereThereIsNoCallbackThereIsAPromise', async () => {
  const cache = new Memo.AsyncCache();
  const loader = Memo.Loader.new(call => call.return_entry(Memo.Entry.new_int64(7)));

  same((await cache.get_async('a', Memo.GetFlags.NONE, loader, null)).get_int64(), 7);
  same(await cache.set_async('b', Memo.Entry.of({}), null), true);
  same(await cache.delete_async('b', null), true);
  same(await cache.invalidate_tags_async(['x'], null), true);
  same(await cache.clear_async(null), true);
  const warmup = new Memo.Warmup();
  warmup.add('c', loader);
  same(await cache.warmup_async(warmup, null), true);
  same(await cache.flush_async(null), true);
  same(await cache.close_async(null), true);
});

test('AChangeByHand', async () => {
  const cache = new Memo.AsyncCache();
  const mutation = Memo.Mutation.new(cache);
  cache.set('a', 1);

  mutation.add_key('a');
  await mutation.begin_async(null);
  same(mutation.is_open(), true);
  cache.set('a', 2);
  same(cache.contains('a'), false);
  await mutation.end_async();
  same(mutation.is_open(), false);
  cache.set('a', 3);
  same(cache.contains('a'), true);
});

test('DecoratorsWithVariants', async () => {
  const instances = [];
  const lru = Memo.AsyncLru.new('double', call => {
    instances.push(call.get_instance());
    call.return_entry(Memo.Entry.new_int64(2 * call.get_args().deepUnpack()[0]));
  });
  const on = new Gio.SimpleAction({name: 'a'});

  same((await lru.call_async(new GLib.Variant('(x)', [21]), Memo.GetFlags.NONE, null)).get_int64(), 42);
  same((await lru.call_on_async(on, new GLib.Variant('(x)', [4]), Memo.GetFlags.NONE, null)).get_int64(), 8);
  alike(instances.map(instance => instance === on), [false, true]);
  lru.invalidate(new GLib.Variant('(x)', [21]));
  same(lru.get_metrics().size, 1);
  same(Memo.AsyncTtl.new('f', 5, call => call.return_nothing()).time_to_live, 5);

  const invalidator = Memo.AsyncLruInvalidator.new(lru, call => call.return_nothing());
  same(await invalidator.call_async(new GLib.Variant('(x)', [4]), null), null);
  same(lru.get_metrics().size, 0);
});

test('ClocksAndCodecs', () => {
  const clock = new Memo.ManualClock();
  const before = clock.get_time();
  clock.advance(1.5);
  same(clock.get_time() - before, 1500000);
  check(Memo.Clock.get_default().get_time() > 0, 'there is a clock');

  const codec = Memo.VariantCodec.new();
  const entry = Memo.Entry.new_variant(new GLib.Variant('as', ['a']));
  alike(codec.decode_bytes(codec.encode_entry(entry)).value, ['a']);
  same(Memo.Entry.new_nothing().get_value(), null);
});

test('ErrorsAreThrown', async () => {
  checkError(await thrown(() => Memo.Backend.new_for_uri('nowhere:x')), [Memo.Error, Memo.Error.NO_BACKEND], 'nowhere');
  const cache = new Memo.AsyncCache();
  const loader = Memo.Loader.new(call =>
    call.return_error(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'closed')));
  checkError(await thrown(cache.get_async('a', Memo.GetFlags.NONE, loader, null)), [Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY], 'closed');
});

// A cache that is made of another one, in JavaScript.
const Wrapper = GObject.registerClass({
  Implements: [Memo.Cache],
}, class Wrapper extends GObject.Object {
  constructor(cache) {
    super();
    this.cache = cache;
  }

  vfunc_peek(key) {
    return this.cache.peek(key);
  }

  vfunc_get(key, flags, loader, call) {
    this.cache.get_async(key, flags, loader, call.get_cancellable()).then(
      entry => call.return_entry(entry), e => call.return_error(e));
  }

  vfunc_store(key, call) {
    this.cache.set(key, call.get_entry());
    call.return_nothing();
  }
});

test('ACacheOfOnesOwnHasTheSameMethods', async () => {
  const cache = new Wrapper(new Memo.AsyncCache());
  alike(await cache.get('a', async key => ({key})), {key: 'a'});
  cache.set('b', {n: 1});
  alike(await cache.get('b'), {n: 1});
});

await run();
