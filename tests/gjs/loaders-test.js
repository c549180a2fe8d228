// SPDX-License-Identifier: LGPL-2.1-or-later

// Gets with loaders that are functions of JavaScript.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Memo from 'gi://Memo?version=1';

import {alike, cacheWithClock, check, checkError, run, same, test, thrown, turn} from './tap.js';

class ShopError extends Error {}

// A promise that is settled by hand.
function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, {resolve, reject}));
  return made;
}

// What AbortController makes on the web.
class Signal {
  aborted = false;

  reason = undefined;

  listeners = new Set();

  addEventListener(_name, func) {
    this.listeners.add(func);
  }

  removeEventListener(_name, func) {
    this.listeners.delete(func);
  }

  abort(reason) {
    Object.assign(this, {aborted: true, reason});
    this.listeners.forEach(func => func());
  }
}

// --- answers ---

test('AFunctionLoadsWhatIsNotThere', async () => {
  const cache = new Memo.AsyncCache();
  const asked = [];
  const load = key => {
    asked.push(key);
    return {key};
  };

  alike(await cache.get('a', load), {key: 'a'});
  alike(await cache.get('a', load), {key: 'a'});
  alike(asked, ['a']);
});

test('AnAsyncFunctionMayTakeItsTime', async () => {
  const cache = new Memo.AsyncCache();
  const value = await cache.get('a', async () => {
    await turn();
    await turn();
    return {late: true};
  });

  alike(value, {late: true});
  same(await cache.get('a'), value, 'what the next one gets');
});

test('Rule01AMissIsUndefinedAndNothingIsNull', async () => {
  const cache = new Memo.AsyncCache();
  let loads = 0;

  same(await cache.get('nobody loads it'), undefined);
  same(await cache.get('miss', () => {
    loads++;
  }), undefined);
  same(cache.contains('miss'), false);
  same(await cache.get('nothing', () => {
    loads++;
    return null;
  }), null);
  same(cache.contains('nothing'), true);
  same(await cache.get('nothing', () => 'something'), null);
  same(loads, 2, 'the number of loads');
});

test('Rule05AnAnswerMayHaveItsOwnTimeToLiveAndTags', async () => {
  const [cache, clock] = cacheWithClock();
  const load = () => Memo.Entry.of({}, {ttl: 5, tags: 'users'});

  await cache.get('a', load);
  await cache.get('b', load);
  clock.advance(4.9);
  same(cache.contains('a'), true);
  clock.advance(0.1);
  same(cache.contains('a'), false);

  await cache.get('a', load);
  cache.invalidate_tags(['users']);
  same(cache.contains('a'), false);
});

test('Rule05TheTimeToLiveOfTheLoaderComesBeforeThatOfTheCache', async () => {
  const [cache, clock] = cacheWithClock({default_ttl: 10});
  await cache.get('a', Memo.loader(() => 1, {ttl: 5, tags: ['x']}));
  await cache.get('b', Memo.loader(() => 1, {ttl: null}));

  clock.advance(5);
  same(cache.contains('a'), false);
  same(cache.contains('b'), true);
  clock.advance(5);
  same(cache.contains('b'), false);
});

test('ALoaderIsToldWhatItRefreshes', async () => {
  const cache = new Memo.AsyncCache();
  cache.set('a', {n: 1});
  const value = await cache.get('a', (key, call) => ({n: call.get_previous().value.n + 1}), {refresh: true});

  alike(value, {n: 2});
});

// --- one load for all ---

test('Rule08TenThousandGetsOfAHundredKeysAreAHundredLoads', async () => {
  const cache = new Memo.AsyncCache();
  const loads = new Map();
  const load = async key => {
    loads.set(key, (loads.get(key) ?? 0) + 1);
    await turn();
    return {key};
  };

  const gets = Array.from({length: 10000}, (_, i) => cache.get(`key ${i % 100}`, load));
  const values = await Promise.all(gets);

  same(loads.size, 100, 'the number of keys that were loaded');
  check([...loads.values()].every(n => n === 1), 'each was loaded once');
  check(values.every((value, i) => value.key === `key ${i % 100}`), 'all got what they asked for');
  check(values.every((value, i) => value === values[i % 100]), 'all who asked for a key got the same object');
  const {coalesced, loads: counted} = cache.get_metrics();
  alike([counted, coalesced], [100, 9900]);
});

test('Rule13ARefreshThatFailsLeavesTheOldValue', async () => {
  const cache = new Memo.AsyncCache();
  const broken = new ShopError('closed');
  const value = {};

  cache.set('a', value);
  same(await thrown(cache.get('a', async () => {
    throw broken;
  }, {refresh: true})), broken);
  same(await cache.get('a'), value);
  same(await cache.get('a', () => 'new', {refresh: true}), 'new');
});

test('Rule15ALoadThatWasOvertakenByASetIsNotKept', async () => {
  const cache = new Memo.AsyncCache();
  const old = deferred();
  const get = cache.get('a', () => old.promise);

  await turn();
  cache.set('a', 'new');
  old.resolve('old');
  same(await get, 'old');
  same(await cache.get('a'), 'new');
});

// --- exceptions ---

test('AnExceptionReachesAllWhoWaitAsItself', async () => {
  const cache = new Memo.AsyncCache();
  const broken = new ShopError('closed');
  let loads = 0;
  const load = async () => {
    loads++;
    await turn();
    throw broken;
  };

  const gets = Array.from({length: 50}, () => thrown(cache.get('a', load)));
  const exceptions = await Promise.all(gets);
  same(loads, 1, 'the number of loads');
  check(exceptions.every(e => e === broken), 'all got the exception itself');
  check(broken.stack.length > 0, 'it has its stack');
  same(cache.contains('a'), false);
});

test('WhatIsThrownAtOnceReachesTheCallerAsItself', async () => {
  const cache = new Memo.AsyncCache();
  for (const what of [new TypeError('x'), 'a text', null, undefined, 7, {an: 'object'}, Symbol('s')]) {
    same(await thrown(cache.get('a', () => {
      throw what;
    })), what);
  }
});

test('AnErrorOfGLibReachesTheCallerAsItself', async () => {
  const cache = new Memo.AsyncCache();
  const busy = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'the shop is closed');
  same(await thrown(cache.get('a', async () => {
    throw busy;
  })), busy);
});

test('WhoAsksAfterAFailureStartsALoadOfItsOwn', async () => {
  const cache = new Memo.AsyncCache();
  const first = deferred();
  const one = cache.get('a', () => first.promise);
  await turn();

  // The answer is given, and nobody was called back yet.
  const broken = new ShopError('closed');
  first.reject(broken);
  const other = first.promise.catch(() => cache.get('a', () => 'fresh'));
  same(await thrown(one), broken);
  same(await other, 'fresh');
});

test('DifferentLoadsOfAKeyHaveTheirOwnExceptions', async () => {
  const cache = new Memo.AsyncCache();
  const loads = [deferred(), deferred()];
  const errors = [new ShopError('the same text'), new ShopError('the same text')];

  const first = cache.get('a', () => loads[0].promise);
  await turn();
  cache.delete('a');
  const second = cache.get('a', () => loads[1].promise);
  await turn();
  loads[1].reject(errors[1]);
  loads[0].reject(errors[0]);
  same(await thrown(first), errors[0]);
  same(await thrown(second), errors[1]);
});

test('Rule08ARememberedExceptionIsGivenAgainAsItself', async () => {
  const [cache, clock] = cacheWithClock();
  const broken = new ShopError('closed');
  let loads = 0;
  const loader = Memo.loader(async () => {
    loads++;
    throw broken;
  }, {error_ttl: 10});

  for (let i = 0; i < 3; i++)
    same(await thrown(cache.get('a', loader)), broken);
  same(loads, 1, 'the number of loads');
  clock.advance(10);
  same(await thrown(cache.get('a', loader)), broken);
  same(loads, 2, 'the number of loads');
});

test('Rule10ATimeoutEndsALoadThatNeverAnswers', async () => {
  const [cache, clock] = cacheWithClock();
  const never = deferred();
  const get = thrown(cache.get('a', Memo.loader(() => never.promise, {timeout: 5})));

  await turn();
  clock.advance(5);
  checkError(await get, [Gio.IOErrorEnum, Gio.IOErrorEnum.TIMED_OUT], '');
  // In vain, and without a word.
  never.resolve('late');
  await turn();
  same(cache.contains('a'), false);
});

test('Rule10APromiseThatIsForgottenIsAnError', async () => {
  const cache = new Memo.AsyncCache();
  const get = thrown(cache.get('a', () => new Promise(() => {})));

  await turn();
  checkError(await get, [Memo.Error, Memo.Error.ABANDONED], 'dropped');
});

test('Rule12AskingForTheKeyThatIsLoadedIsAnError', async () => {
  const cache = new Memo.AsyncCache();
  const load = key => cache.get(key, load);
  checkError(await thrown(cache.get('a', load)), [Memo.Error, Memo.Error.RECURSION], '');
});

test('Rule12ALoaderMayAskForAnotherKey', async () => {
  const cache = new Memo.AsyncCache();
  const load = async key => key === 'one' ? 1 : 1 + await cache.get('one', load);
  same(await cache.get('two', load), 2);
});

// --- batches ---

test('Rule19KeysThatAreAskedForTogetherAreOneBatch', async () => {
  const [cache, clock] = cacheWithClock();
  const batches = [];
  const loader = Memo.batch_loader(async keys => {
    batches.push(keys.join());
    await turn();
    return keys.map(key => ({key}));
  });

  const gets = ['a', 'b', 'a', 'c'].map(key => cache.get(key, loader));
  await turn();
  same(batches.length, 0, 'the number of batches while the window is open');
  clock.advance(0.005);
  const values = await Promise.all(gets);
  alike(batches, ['a,b,c']);
  alike(values.map(value => value.key), ['a', 'b', 'a', 'c']);
  same(values[0], values[2]);
});

test('Rule21EachKeyOfABatchHasItsOwnAnswer', async () => {
  const cache = new Memo.AsyncCache({batch_window_ms: 0});
  const broken = new ShopError('d');
  const ofMap = Memo.batch_loader(() => new Map([['a', 1], ['d', broken], ['b', null]]));
  let results = await Promise.allSettled(['a', 'b', 'c', 'd'].map(key => cache.get(key, ofMap)));
  alike(results.map(result => result.value), [1, null, undefined, undefined]);
  same(results[3].reason, broken);

  cache.clear();
  const ofArray = Memo.batch_loader(() => [1, broken, undefined]);
  results = await Promise.allSettled(['a', 'b', 'c', 'd'].map(key => cache.get(key, ofArray)));
  alike(results.map(result => result.value), [1, undefined, undefined, undefined]);
  same(results[1].reason, broken);
  checkError(results[3].reason, [Memo.Error, Memo.Error.NOT_FOUND], '');
});

test('Rule21ABatchThatThrowsFailsForAllItsKeys', async () => {
  const cache = new Memo.AsyncCache({batch_window_ms: 0});
  const broken = new ShopError('closed');
  const loader = Memo.batch_loader(async () => {
    throw broken;
  });
  const exceptions = await Promise.all(['a', 'b', 'c'].map(key => thrown(cache.get(key, loader))));
  check(exceptions.every(e => e === broken), 'all got the exception itself');
});

test('Rule21ABatchMayAnswerKeyByKey', async () => {
  const cache = new Memo.AsyncCache({batch_window_ms: 0});
  const rest = deferred();
  const loader = Memo.batch_loader(async (keys, call) => {
    call.answer('a', Memo.Entry.of({early: true}));
    await rest.promise;
    call.answer('b', Memo.Entry.of({early: false}));
  });

  const late = cache.get('b', loader);
  alike(await cache.get('a', loader), {early: true});
  rest.resolve();
  alike(await late, {early: false});
});

test('ABatchWithTooManyValuesOrNoListIsAnError', async () => {
  const cache = new Memo.AsyncCache({batch_window_ms: 0});
  checkError(await thrown(cache.get('a', Memo.batch_loader(() => [1, 2]))), RangeError, '1 keys, and returned 2');
  checkError(await thrown(cache.get('a', Memo.batch_loader(() => 'text'))), TypeError, 'in the order of the keys');
});

// --- cancelling ---

test('Rule09CancellingEndsTheWaitOfOneAndNoOther', async () => {
  const cache = new Memo.AsyncCache();
  const cancellable = new Gio.Cancellable();
  const answer = deferred();
  const load = () => answer.promise;

  const first = cache.get('a', load, {cancellable});
  const second = cache.get('a', load);
  await turn();
  cancellable.cancel();
  checkError(await thrown(first), [Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED], '');
  answer.resolve('value');
  same(await second, 'value');
});

test('Rule09TheLoadIsCancelledWhenNobodyWaits', async () => {
  const cache = new Memo.AsyncCache();
  const cancellable = new Gio.Cancellable();
  const never = deferred();
  let ofLoad = null;
  const get = cache.get('a', (key, call) => {
    ofLoad = call.get_cancellable();
    return never.promise;
  }, {cancellable});

  await turn();
  same(ofLoad.is_cancelled(), false);
  cancellable.cancel();
  await thrown(get);
  same(ofLoad.is_cancelled(), true);
  never.resolve();
});

test('Rule09WhoWasCancelledBeforeGetsThatEvenOnAHit', async () => {
  const cache = new Memo.AsyncCache();
  const cancellable = new Gio.Cancellable();
  cache.set('a', 1);
  cancellable.cancel();
  checkError(await thrown(cache.get('a', null, {cancellable})), [Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED], '');
});

test('AnAbortSignalEndsTheWaitWithItsReason', async () => {
  const cache = new Memo.AsyncCache();
  const signal = new Signal();
  const reason = new ShopError('the page was left');
  const answer = deferred();

  const get = cache.get('a', () => answer.promise, {signal});
  await turn();
  same(signal.listeners.size, 1, 'the number of listeners');
  signal.abort(reason);
  same(await thrown(get), reason);
  same(signal.listeners.size, 0, 'the number of listeners');
  same(await thrown(cache.get('a', () => 1, {signal})), reason, 'what one gets who was aborted before');

  const other = new Signal();
  same(await cache.get('b', () => 1, {signal: other}), 1);
  same(other.listeners.size, 0, 'the number of listeners');
});

// --- mistakes ---

test('MistakesAreErrorsThatSayWhatToDo', async () => {
  const cache = new Memo.AsyncCache();
  const load = () => 1;
  checkError(await thrown(cache.get(42, load)), TypeError, 'a key is a string, and this is a number');
  checkError(await thrown(cache.get('a\0b', load)), TypeError, 'without zeros');
  checkError(await thrown(cache.get('\ud800', load)), TypeError, 'half surrogate');
  checkError(await thrown(cache.get('a', 'load')), TypeError, 'a loader is a function');
  checkError(await thrown(cache.get('a', load, {fresh: true})), TypeError, 'no option fresh; there are refresh');
  checkError(await thrown(cache.get('a', load, null)), TypeError, 'as an object');
  checkError(await thrown(cache.get('a', load, {cancellable: new Signal()})), TypeError, 'given as signal');
  checkError(await thrown(cache.get('a', load, {signal: new Gio.Cancellable()})), TypeError, 'given as cancellable');
  checkError(await thrown(() => Memo.loader('load')), TypeError, 'needs a function');
  checkError(await thrown(() => Memo.loader(load, {ttl: NaN})), RangeError, 'number of seconds');
  checkError(await thrown(() => Memo.loader(load, {accept_extra: true})), TypeError, 'no option');
  checkError(await thrown(() => Memo.Loader.new_in_thread(load)), Error, 'one thread');
});

test('Rule28AClosedCacheRejects', async () => {
  const cache = new Memo.AsyncCache();
  cache.set('a', 1);
  await cache.flush();
  await cache.close();
  checkError(await thrown(cache.get('a', () => 1)), [Memo.Error, Memo.Error.CLOSED], '');
});

// --- warming up ---

test('Rule14AWarmUpLoadsWhatIsNotThereAndSaysWhatFailed', async () => {
  const cache = new Memo.AsyncCache();
  const broken = new ShopError('closed');
  const loads = [];
  const load = async key => {
    loads.push(key);
    await turn();
    if (key === 'bad')
      throw broken;
    return {key};
  };

  cache.set('there', 1);
  const error = await thrown(cache.warmup({there: load, a: load, bad: load, b: load}));
  alike(loads, ['a', 'bad', 'b']);
  alike([...error.failures.keys()], ['bad']);
  same(error.failures.get('bad'), broken);
  same(error.errors[0], broken);
  check(cache.contains('a') && cache.contains('b'), 'the others are there');

  checkError(await thrown(cache.warmup({c: null})), TypeError, 'no loader to warm up c');
  await cache.warmup(new Map([['c', load]]));
  const {hits, misses} = cache.get_metrics();
  alike([hits, misses], [0, 0]);
});

await run();
