// SPDX-License-Identifier: LGPL-2.1-or-later

// The keys of calls: equal to those of C where C has the same argument, and of different calls never the same.

import GLib from 'gi://GLib';
import Memo from 'gi://Memo?version=1';

import {alike, check, checkError, run, same, test, thrown} from './tap.js';

const f = Memo.lru({name: 'f'})(async () => 1);

// The key that the library makes of variants, as text.
function keyInC(text) {
  return f.decorator.dup_key(GLib.Variant.parse(null, text, null, null));
}

// Arguments, the same in C, and the key.
const EQUAL = [
  [[], '()', 'f()'],
  [[true], '(true,)', 'f(b true)'],
  [[1], '(int64 1,)', 'f(x 1)'],
  [[-1, 0], '(int64 -1, int64 0)', 'f(x -1, x 0)'],
  [[Number.MAX_SAFE_INTEGER], '(int64 9007199254740991,)', 'f(x 9007199254740991)'],
  [[-0], '(-0.0,)', 'f(d -0)'],
  [[1.5], '(1.5,)', 'f(d 1.5)'],
  [[0.1], '(0.1,)', 'f(d 0.10000000000000001)'],
  [[100000000000000.125], '(100000000000000.125,)', 'f(d 100000000000000.12)'],
  [[1e21], '(1.0e21,)', 'f(d 1e+21)'],
  [[2 ** -1022], '(2.2250738585072014e-308,)', 'f(d 2.2250738585072014e-308)'],
  [[NaN, Infinity, -Infinity], '(nan, inf, -inf)', 'f(d nan, d inf, d -inf)'],
  [[2 ** 60], '(1152921504606846976.0,)', 'f(d 1.152921504606847e+18)'],
  [[2n ** 60n], '(int64 1152921504606846976,)', 'f(x 1152921504606846976)'],
  [[-(2n ** 63n)], '(int64 -9223372036854775808,)', 'f(x -9223372036854775808)'],
  [[2n ** 64n - 1n], '(uint64 18446744073709551615,)', 'f(t 18446744073709551615)'],
  [['Ada'], '("Ada",)', 'f(s "Ada")'],
  [['', '"\\'], '("", "\\"\\\\")', 'f(s "", s "\\"\\\\")'],
  [['a\nb\x7f'], '("a\\nb\x7f",)', 'f(s "a\\x0ab\\x7f")'],
  [['Žižek 😀'], '("Žižek 😀",)', 'f(s "Žižek 😀")'],
  [[null], '(@mv nothing,)', 'f(mv nothing)'],
  [[Uint8Array.of(0, 255)], '([byte 0, 255],)', 'f(ay [0,255])'],
  [[[1, 2]], '([int64 1, 2],)', 'f(ax [1,2])'],
  [[['a', 'b']], '(["a", "b"],)', 'f(as ["a","b"])'],
  [[[]], '(@av [],)', 'f(av [])'],
  [[[1, 'a', 1.5]], '([<int64 1>, <"a">, <1.5>],)', 'f(av [<x 1>,<s "a">,<d 1.5>])'],
  [[[[1], [2, 3]]], '([[int64 1], [int64 2, 3]],)', 'f(aax [[1],[2,3]])'],
  [[{}], '(@a{sv} {},)', 'f(a{sv} {})'],
  [[{b: 2, a: 1}], '({"a": int64 1, "b": 2},)', 'f(a{sx} {"a":1,"b":2})'],
  [[{b: 'x', a: 1}], '({"a": <int64 1>, "b": <"x">},)', 'f(a{sv} {"a":<x 1>,"b":<s "x">})'],
  [[new GLib.Variant('i', 5)], '(5,)', 'f(i 5)'],
  [[[new GLib.Variant('(si)', ['a', 1])]], '([("a", 1)],)', 'f(a(si) [("a",1)])'],
];

test('Rule03ArgumentsThatCHasAsWellHaveItsKeys', () => {
  for (const [args, text, key] of EQUAL) {
    same(f.key_of(...args), key);
    same(keyInC(text), key, `the key of ${text} in C`);
  }
});

// What only JavaScript has is a tuple of its name and of what it consists of.
const OWN = [
  [[undefined, 1], 'f((s()) ("js:undefined",()), x 1)'],
  [[5n], 'f((ss) ("js:BigInt","5"))'],
  [[2n ** 64n], 'f((ss) ("js:BigInt","18446744073709551616"))'],
  [['a\0b'], 'f((saq) ("js:String",[97,0,98]))'],
  [['\ud800'], 'f((saq) ("js:String",[55296]))'],
  [[5e-324], 'f((ss) ("js:Number","5e-324"))'],
  [[new Date(1500)], 'f((sx) ("js:Date",1500))'],
  [[new Date(NaN)], 'f((sd) ("js:Date",nan))'],
  [[new Map([['b', 2], ['a', 1]])], 'f((sa(vv)) ("js:Map",[(<s "a">,<x 1>),(<s "b">,<x 2>)]))'],
  [[new Map()], 'f((sa(vv)) ("js:Map",[]))'],
  [[new Set([2, 1, 'a'])], 'f((sav) ("js:Set",[<s "a">,<x 1>,<x 2>]))'],
  [[{'a\0': 1}], 'f((sa(vv)) ("js:Object",[(<(saq) ("js:String",[97,0])>,<x 1>)]))'],
];

test('Rule03ArgumentsThatOnlyJavaScriptHasHaveKeysOfTheirOwn', () => {
  for (const [args, key] of OWN)
    same(f.key_of(...args), key);
});

test('Failure08DifferentArgumentsNeverShareAKey', () => {
  const all = [
    ...EQUAL.map(([args]) => args), ...OWN.map(([args]) => args),
    [1n], ['1'], [1.0000000000000002], [0], [0n], [false], [''], [[undefined]], [[null]], [[1], [2]], [[1, [2]]],
    [new Map([['a', 1]])], [{a: 1}], [[['a', 1]]], [new Set([1])], [new Set(['1'])], [new Set()], [Uint8Array.of()],
    ['a', 'b'], ['a, s "b'], ['a', 'b', null], [{a: undefined}], [{a: null}], [{a: {}}], [{a: []}], [new Date(1)],
    ['\ud801'], ['\ufffd'], ['a'], ['a\0'], ['js:BigInt', '5'], [['js:BigInt', '5']], [{__proto__: null, a: '1'}],
    [Object.fromEntries([['__proto__', 1]])], [new Map([[1, 2], [3, 4]])], [new Map([[1, 4], [3, 2]])],
  ];
  const keys = new Map();
  for (const args of all) {
    const key = f.key_of(...args);
    check(!keys.has(key), `${key} is the key of one call only`);
    keys.set(key, args);
  }
});

test('Rule03TheOrderOfWhatHasNoneSaysNothing', () => {
  same(f.key_of({a: 1, b: {d: 2, c: 3}}), f.key_of({b: {c: 3, d: 2}, a: 1}));
  same(f.key_of(new Map([[1, 'a'], [2, 'b']])), f.key_of(new Map([[2, 'b'], [1, 'a']])));
  same(f.key_of(new Set([[1], [2]])), f.key_of(new Set([[2], [1]])));
  check(f.key_of([1, 2]) !== f.key_of([2, 1]), 'that of an array says something');
  // An object twice is no object that contains itself.
  const twice = {a: 1};
  same(f.key_of([twice, twice]), 'f(aa{sx} [{"a":1},{"a":1}])');
});

// A generator of numbers that is the same in every run.
function randoms(seed) {
  let state = seed;
  return n => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
}

const CHARACTERS = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\x01', '\x1f', '\x7f', '\x80', 'é', 'ж', '漢', '😀', '\u2028', '(', ',', ')'];

test('Rule03TheShortWayToAKeyIsAsGoodAsTheLongOne', () => {
  const random = randoms(20240601);
  const kinds = {x: 0, s: 0, b: 0, d: 0};

  for (let i = 0; i < 3000; i++) {
    const number = [random(100) - 50, random(2 ** 31) * random(2 ** 21), random(1000) / 8, -random(2 ** 31) / 3][random(4)];
    const text = Array.from({length: random(8)}, () => CHARACTERS[random(CHARACTERS.length)]).join('');
    const value = [number, number, text, text, random(2) === 1][random(5)];
    const key = f.key_of(value);
    const ofNumber = Number.isInteger(value) && !Object.is(value, -0) ? 'x' : 'd';
    const type = {number: ofNumber, string: 's', boolean: 'b'}[typeof value];

    kinds[type]++;
    if (key !== f.decorator.dup_key(new GLib.Variant(`(${type})`, [value])))
      throw new Error(`${key} is not the key that C makes`);
  }
  check(Object.values(kinds).every(n => n >= 100), `each kind was there: ${JSON.stringify(kinds)}`);
});

test('Failure09WhatContainsItselfIsRefused', async () => {
  const array = [1];
  array.push({deep: array});
  const map = new Map();
  map.set('self', new Set([map]));

  checkError(await thrown(() => f.key_of(array)), TypeError, 'argument 1 of f(): what is at 1.deep is an object that contains itself');
  checkError(await thrown(() => f.key_of(1, map)), TypeError, 'argument 2 of f()');
  checkError(await thrown(f(array)), TypeError, 'skip_args');
});

test('WhatIsNoPlainDataIsRefused', async () => {
  class User {}
  for (const [value, what] of [
    [() => 1, 'a function'], [Symbol('s'), 'a symbol'], [new User(), 'the class User'], [f.cache, 'the class Memo_AsyncCache'],
    [new Float64Array(1), 'the class Float64Array'], [/x/, 'the class RegExp'], [{[Symbol('s')]: 1}, 'a symbol for a name'],
    [new Proxy(new User(), {}), 'the class User'], [Object.create({inherited: 1}), 'the class Object'],
  ])
    checkError(await thrown(() => f.key_of(value)), TypeError, what);

  const deep = Array.from({length: 5000}).reduce(inner => [inner], 1);
  checkError(await thrown(() => f.key_of(deep)), RangeError, 'nested more than 32 deep');
});

test('AGetterThatThrowsSaysSo', async () => {
  const error = new RangeError('no such thing');
  same(await thrown(f({get a() {
    throw error;
  }})), error);
  alike(f.get_metrics().loads, 0);
});

await run();
