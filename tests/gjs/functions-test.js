// SPDX-License-Identifier: LGPL-2.1-or-later

// Functions that remember, and the changes that make them forget.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Memo from 'gi://Memo?version=1';

import {alike, check, checkError, run, same, test, thrown, turn} from './tap.js';

class ShopError extends Error {}

// A function that counts its calls.
function counting(func = (...args) => ({args})) {
  const counted = async function counted(...args) {
    counted.calls.push(args);
    await turn();
    return func.apply(this, args);
  };
  counted.calls = [];
  return counted;
}

// --- decorators ---

test('AFunctionRemembersItsAnswers', async () => {
  const func = counting();
  const f = Memo.lru({maxsize: 128})(func);

  const first = await f(1, 'x');
  same(await f(1, 'x'), first);
  check(await f(1, 'y') !== first, 'other arguments are another call');
  alike(func.calls, [[1, 'x'], [1, 'y']]);
  same(f.name, 'counted');
  check(f.decorator instanceof Memo.AsyncLru && f.cache instanceof Memo.AsyncCache, 'it is a decorator of the library');
});

test('Rule07TheLeastRecentAnswerIsForgotten', async () => {
  const func = counting();
  const f = Memo.lru({maxsize: 2})(func);

  await f(1);
  await f(2);
  await f(1);
  await f(3);
  await f(1);
  same(func.calls.length, 3, 'the number of calls');
  await f(2);
  same(func.calls.length, 4, 'the number of calls');
});

test('Rule05AnAnswerIsGoodForItsTime', async () => {
  const clock = new Memo.ManualClock();
  const func = counting();
  const f = Memo.ttl({time_to_live: 60, clock})(func);

  await f(1);
  clock.advance(59);
  await f(1);
  same(func.calls.length, 1, 'the number of calls');
  clock.advance(1);
  await f(1);
  same(func.calls.length, 2, 'the number of calls');
  same(Memo.ttl()(func).decorator.time_to_live, 60);
  same(Memo.ttl({timeToLive: null})(func).decorator.time_to_live, Infinity);
});

test('Rule08CallsAtATimeAreOneCall', async () => {
  const func = counting();
  const f = Memo.lru()(func);
  const values = await Promise.all(Array.from({length: 100}, () => f({id: 7})));

  same(func.calls.length, 1, 'the number of calls');
  check(values.every(value => value === values[0]), 'all got the same object');
});

test('TheFunctionGetsItsArgumentsThemselves', async () => {
  const object = {a: {}};
  const f = Memo.lru()(counting(value => value));
  same(await f(object, undefined), object);

  const self = {f, n: 3};
  const g = Memo.lru()(counting(function () {
    return this;
  }));
  self.g = g;
  same(await self.g(), self);
});

test('Failure10ArgumentsThatAreNotGivenAreUndefined', async () => {
  const func = counting();
  const f = Memo.lru()(func);
  await f(1);
  await f(1, undefined);
  same(func.calls.length, 1, 'the number of calls');
  await f(undefined, 1);
  await f(null, 1);
  same(func.calls.length, 3, 'the number of calls');
});

test('SkippedArgumentsAreNoPartOfTheKey', async () => {
  const func = counting();
  const f = Memo.lru({skip_args: 1})(func);
  class Connection {}

  await f(new Connection(), 1);
  await f(new Connection(), 1);
  await f(() => {}, 1);
  same(func.calls.length, 1, 'the number of calls');
  same(f.key_of(new Connection(), 1), 'counted(x 1)');
  same(Memo.lru({skipArgs: 1, name: 'f'})(func).key_of(1, 2), 'f(x 2)');
  same(Memo.lru({'skip-args': 5, name: 'f'})(func).key_of(1, 2), 'f()');
});

test('Rule13ARefreshCallsTheFunction', async () => {
  let left = 8;
  const f = Memo.lru()(counting(() => left));

  same(await f(), 8);
  left = 5;
  same(await f(), 8);
  same(await f.refresh(), 5);
  left = 3;
  same(await f.with({refresh: true})(), 3);
  same(await f(), 3);
});

test('ForgettingOneAnswerOrAll', async () => {
  const func = counting();
  const f = Memo.lru()(func);

  await f(1);
  await f(2);
  f.invalidate(1);
  await f(1);
  await f(2);
  same(func.calls.length, 3, 'the number of calls');
  f.clear();
  await f(1);
  await f(2);
  same(func.calls.length, 5, 'the number of calls');
});

test('Rule23TheMetricsAreThoseOfItsCache', async () => {
  const f = Memo.lru()(counting());
  await f(1);
  await f(1);
  await Promise.all([f(2), f(2)]);

  const {hits, misses, loads, coalesced, size} = f.get_metrics();
  alike([hits, misses, loads, coalesced, size], [1, 3, 2, 1, 2]);
});

test('AnExceptionOfTheFunctionReachesAllAsItself', async () => {
  const broken = new ShopError('closed');
  const func = counting(() => {
    throw broken;
  });
  const f = Memo.lru()(func);

  const exceptions = await Promise.all(Array.from({length: 10}, () => thrown(f(1))));
  check(exceptions.every(e => e === broken), 'all got the exception itself');
  same(func.calls.length, 1, 'the number of calls');
  same(await thrown(f(1)), broken);
  same(func.calls.length, 2, 'the number of calls');
});

test('UndefinedIsNotKeptAndNullIs', async () => {
  const func = counting(value => value);
  const f = Memo.lru({skip_args: 1})(func);

  same(await f(undefined), undefined);
  same(await f(null), null);
  same(await f(undefined), null);
  same(func.calls.length, 2, 'the number of calls');
});

test('FunctionsMayShareACache', async () => {
  const cache = new Memo.AsyncCache({maxsize: null});
  const f = Memo.lru({name: 'f', cache})(counting());
  const g = Memo.lru({name: 'g', cache})(counting());

  await f(1);
  await g(1);
  check(cache.contains('f(x 1)') && cache.contains('g(x 1)'), 'their names keep their answers apart');
  f.clear();
  check(!cache.contains('f(x 1)') && cache.contains('g(x 1)'), 'one forgets its own answers only');
});

test('Rule09ACallCanBeCancelled', async () => {
  const f = Memo.lru()(counting());
  const cancellable = new Gio.Cancellable();
  const one = f.with({cancellable})(1);
  const other = f(1);

  cancellable.cancel();
  checkError(await thrown(one), [Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED], '');
  alike(await other, {args: [1]});
});

test('OthersMayCallItWithVariants', async () => {
  const f = Memo.lru({name: 'f'})(counting());
  const entry = await f.decorator.call_async(new GLib.Variant('(xs)', [1, 'a']), Memo.GetFlags.NONE, null);
  alike(entry.value, {args: [1, 'a']});
  same(await f(1, 'a'), entry.value);
});

test('MistakesOfDecoratorsAreErrors', async () => {
  const func = () => 1;
  checkError(await thrown(() => Memo.lru({size: 3})(func)), TypeError, 'no option size; there are name, maxsize');
  checkError(await thrown(() => Memo.lru({time_to_live: 3})(func)), TypeError, 'no option time_to_live');
  checkError(await thrown(() => Memo.lru()(7)), TypeError, 'decorates a function');
  checkError(await thrown(() => Memo.lru({name: 'f(x)'})(func)), TypeError, 'without parentheses');
  checkError(await thrown(() => Memo.lru({cache: new Memo.AsyncCache()})(() => 1)), TypeError, 'option name');
  checkError(await thrown(() => Memo.ttl({time_to_live: -3})(func)), RangeError, 'number of seconds');
  checkError(await thrown(() => Memo.lru({backup: 'nowhere:x', name: 'f'})(func)), [Memo.Error, Memo.Error.NO_BACKEND], 'nowhere');
  checkError(await thrown(Memo.lru()(func)(() => 1)), TypeError, 'skip_args');
  checkError(await thrown(Memo.lru()(func).with({cancellable: 1})()), TypeError, 'Gio.Cancellable');
});

// --- invalidators ---

// A source of one number a key, a read of it, and a change of it.
function shop(options = {}) {
  const stock = new Map([[1, 8], [2, 20]]);
  const reads = [];
  const read = Memo.lru({name: 'get_stock'})(async id => {
    reads.push(id);
    const n = stock.get(id);
    await turn();
    return {n};
  });
  const change = Memo.invalidator({reads: read, ...options})(async (id, n) => {
    await turn();
    if (n < 0)
      throw new ShopError('fewer than nothing');
    stock.set(id, n);
    return {was: id};
  });
  return {stock, reads, read, change};
}

test('Rule18AChangeForgetsWhatItMakesWrong', async () => {
  const {reads, read, change} = shop();

  alike(await read(1), {n: 8});
  alike(await read(2), {n: 20});
  alike(await change(1, 5), {was: 1});
  alike(await read(1), {n: 5});
  alike(await read(2), {n: 20});
  alike(reads, [1, 2, 1]);
});

test('Rule18AReadDuringAChangeIsNotKept', async () => {
  const {read, change} = shop();
  await read(1);

  const changing = change(1, 5);
  alike(await read(1), {n: 8});
  await changing;
  alike(await read(1), {n: 5});
});

test('Rule18AChangeThatFailsForgetsAsWell', async () => {
  const {reads, read, change} = shop();
  await read(1);

  checkError(await thrown(change(1, -1)), ShopError, 'fewer than nothing');
  await read(1);
  alike(reads, [1, 1]);
});

test('Rule18CancellingAChangeEndsTheWaitAlone', async () => {
  let n = 8, began = false, goOn = null;
  const read = Memo.lru({name: 'read'})(async () => ({n}));
  const change = Memo.invalidator({reads: read})(async () => {
    began = true;
    await new Promise(resolve => {
      goOn = resolve;
    });
    n = 5;
  });
  const cancellable = new Gio.Cancellable();
  await read();

  const changing = change.with({cancellable})();
  while (!began)
    await turn();
  cancellable.cancel();
  checkError(await thrown(changing), [Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED], '');
  // The bracket is open until the function has answered.
  alike(await read(), {n: 8});
  same(read.cache.contains('read()'), false);
  goOn();
  await turn();
  alike(await read(), {n: 5});
  same(read.cache.contains('read()'), true);
});

test('AKeyFunctionNamesTheCalls', async () => {
  const asked = [];
  const {reads, read, change} = shop({keys: async (id, n) => {
    asked.push([id, n]);
    await turn();
    return [[id], [2]];
  }});

  await read(1);
  await read(2);
  await change(1, 5);
  await read(1);
  await read(2);
  alike(reads, [1, 2, 1, 2]);
  alike(asked, [[1, 5]]);
});

test('Rule18WhereTheKeyFunctionFailsNothingIsChanged', async () => {
  const broken = new ShopError('no keys');
  const {stock, change} = shop({keys: () => {
    throw broken;
  }});
  same(await thrown(change(1, 5)), broken);
  same(stock.get(1), 8);

  const wrong = shop({keys: id => [id]});
  checkError(await thrown(wrong.change(1, 5)), TypeError, 'an array for each');
  same(wrong.stock.get(1), 8);
});

test('AChangeMayForgetAll', async () => {
  const {reads, read, change} = shop({clear_all: true});
  await read(1);
  await read(2);
  await change(1, 5);
  await read(1);
  await read(2);
  alike(reads, [1, 2, 1, 2]);
});

test('AChangeKeepsItsThisAndSkipsArguments', async () => {
  const got = [];
  const read = Memo.lru({name: 'read'})(async id => ({id}));
  const change = Memo.invalidator({reads: [read], skip_args: 1})(function (connection, id) {
    got.push(this, connection, id);
    return undefined;
  });
  const connection = new ShopError('not a key');
  const self = {change};

  const old = await read(7);
  same(await self.change(connection, 7), undefined);
  check(got[0] === self && got[1] === connection && got[2] === 7, 'it gets all its arguments');
  check(await read(7) !== old, 'the read is forgotten');
});

test('AChangeWhoseArgumentsNameNothingIsAnError', async () => {
  const {stock, read, change} = shop();
  await read(1);
  checkError(await thrown(change(new ShopError('an object'), 5)), TypeError, 'no key can be made of argument 1');
  same(stock.size, 2, 'the size of the source');
  // What comes after the arguments of the read may be anything.
  await shop({keys: id => [[id]]}).change(1, new ShopError('an object'));
  checkError(await thrown(() => Memo.invalidator({reads: []})(async () => 1)), TypeError, 'Memo.lru()');
  checkError(await thrown(() => Memo.invalidator({reads: () => 1})(async () => 1)), TypeError, 'Memo.lru()');
  checkError(await thrown(() => Memo.invalidator({read})(async () => 1)), TypeError, 'no option read');
});

await run();
