// SPDX-License-Identifier: LGPL-2.1-or-later

// What is not needed any more is given back: judged by the memory of the process, since neither WeakRef nor
// FinalizationRegistry tell of it in every GJS.

import GLib from 'gi://GLib';
import Memo from 'gi://Memo?version=1';
import System from 'system';

import {check, run, same, test, turn} from './tap.js';

const MB = 2 ** 20;
const KB_PER_PAGE = 4;

function residentBytes() {
  const [, text] = GLib.file_get_contents('/proc/self/statm');
  return Number(new TextDecoder().decode(text).split(' ')[1]) * KB_PER_PAGE * 1024;
}

// Something that shows when it is not given back.
function megabyte() {
  return {bytes: new Uint8Array(MB).fill(1)};
}

// Does something 200 times, each of which takes a megabyte that is not needed afterwards.
async function takesLittle(func) {
  for (let i = 0; i < 10; i++) {
    await func(i);
    await turn();
  }
  const before = residentBytes();
  for (let i = 0; i < 200; i++) {
    await func(i);
    // Wrappers of GObjects go in the main loop, after what they hold was found to be garbage.
    if (i % 10 === 0)
      await turn();
  }
  for (let i = 0; i < 5; i++)
    await turn();
  const grown = (residentBytes() - before) / MB;
  check(grown < 60, `200 times a megabyte is given back: ${grown.toFixed(1)} MB are left`);
}

test('ValuesThatAreReplacedAreGivenBack', async () => {
  const cache = new Memo.AsyncCache();
  await takesLittle(() => cache.set('a', megabyte()));
});

test('ValuesThatAreEvictedAreGivenBack', async () => {
  const cache = new Memo.AsyncCache({maxsize: 1});
  await takesLittle(i => cache.get(`key ${i}`, async () => megabyte()));
  await takesLittle(i => cache.get(`other ${i}`, async () => megabyte()));
});

test('ACacheIsGivenBackWithItsValues', async () => {
  await takesLittle(async () => {
    const cache = new Memo.AsyncCache();
    await cache.get('a', () => megabyte());
  });
});

test('AFunctionThatWasALoaderIsGivenBack', async () => {
  const cache = new Memo.AsyncCache({maxsize: 0});
  await takesLittle(i => {
    const held = megabyte();
    return cache.get(`key ${i}`, async () => held.bytes.length);
  });
});

test('ALoaderIsGivenBackWithItsFunction', async () => {
  const cache = new Memo.AsyncCache({maxsize: 0, batch_window_ms: 0});
  await takesLittle(async i => {
    const held = megabyte();
    const loader = Memo.batch_loader(keys => keys.map(() => held.bytes.length), {timeout: 60});
    await cache.get(`key ${i}`, loader);
  });
});

test('AFunctionThatRemembersIsGivenBack', async () => {
  await takesLittle(async i => {
    const held = megabyte();
    const f = Memo.lru()(async () => held);
    same((await f(i)).bytes.length, MB);
  });
});

test('AChangeIsGivenBack', async () => {
  const read = Memo.lru()(async id => ({id}));
  await takesLittle(async i => {
    const held = megabyte();
    const change = Memo.invalidator({reads: read, keys: id => [[id]]})(async () => held.bytes.length);
    same(await change(i), MB);
  });
});

test('ExceptionsAreGivenBack', async () => {
  const cache = new Memo.AsyncCache();
  await takesLittle(async () => {
    const held = megabyte();
    await cache.get('a', async () => {
      throw Object.assign(new Error('no'), held);
    }).catch(() => {});
  });
});

// Awaits so often, and gives how many bytes each of them has left behind.
async function slope(n, func) {
  const before = residentBytes();
  for (let i = 0; i < n; i++)
    await func(i);
  System.gc();
  await turn();
  return (residentBytes() - before) / n;
}

// What a leak of a closure, a promise or a wrapper each time would exceed by far.
const BYTES_AN_AWAIT = 64;

async function staysFlat(func) {
  // Until the heaps are as large as they get.
  await slope(10000, func);
  await slope(10000, func);

  const bytes = await slope(50000, func);
  print(`# ${bytes.toFixed(1)} bytes an await`);
  check(bytes < BYTES_AN_AWAIT, `50,000 awaits leave less than ${BYTES_AN_AWAIT} bytes each: they leave ${bytes.toFixed(1)}`);
}

test('FiftyThousandHitsLeaveNothing', async () => {
  const cache = new Memo.AsyncCache();
  cache.set('a', {});
  await staysFlat(() => cache.get('a'));
});

test('FiftyThousandLoadsLeaveNothing', async () => {
  const cache = new Memo.AsyncCache({maxsize: 100});
  await staysFlat(i => cache.get(`key ${i}`, async key => ({key})));
});

test('FiftyThousandCallsLeaveNothing', async () => {
  const f = Memo.lru({maxsize: 100})(async id => ({id}));
  await staysFlat(i => f(i));
});

await run();
