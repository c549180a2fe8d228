// SPDX-License-Identifier: LGPL-2.1-or-later
// The same work by caches of JavaScript: peers.mjs FOLDER, where peers.py has written which keys are asked for.
// Prints a line for each: what is done, by whom, and the nanoseconds of one operation, as long as processors worked for this process.
import { readFileSync } from 'node:fs'
import { createCache } from 'async-cache-dedupe'
import DataLoader from 'dataloader'
import { LRUCache } from 'lru-cache'

const TTL_SECONDS = 300
const SIZE = 1000
const MANY = 100
// For so long each is measured, after half of it to warm up.
const MILLISECONDS = 100

const folder = process.argv[2]

function readWorkload (name) {
  const [keys, draws] = readFileSync(`${folder}/${name}`, 'utf8').trimEnd().split('\n').map(line => line.split(' '))
  return { keys, draws: draws.map(Number) }
}

// The source answers in the next turn of the event loop, with the key's own text.
const read = key => new Promise(resolve => setImmediate(resolve, key))

function complain (row, side, right, wanted) {
  if (right !== wanted) {
    console.error(`${row}, ${side}: ${right} of ${wanted} are right`)
    process.exit(1)
  }
}

// A pass says how many operations came out right.
async function measure (row, side, operations, wanted, pass) {
  for (const milliseconds of [MILLISECONDS / 2, MILLISECONDS]) {
    const began = process.cpuUsage()
    let passes = 0
    let took = 0
    while (took < milliseconds * 1e6) {
      complain(row, side, await pass(), wanted)
      passes++
      const { user, system } = process.cpuUsage(began)
      took = (user + system) * 1000
    }
    if (milliseconds === MILLISECONDS) console.log(JSON.stringify({ row, side, ns: took / passes / operations }))
  }
}

// Goes round and round.
function cycle (list) {
  let place = 0
  return () => list[place++ % list.length]
}

async function hits (row, { keys, draws }) {
  const cache = new LRUCache({ max: keys.length, ttl: TTL_SECONDS * 1000 })
  for (const key of keys) cache.set(key, key)
  const next = cycle(draws)
  await measure(row, 'lru-cache (JavaScript)', 4096, 4096, () => {
    let right = 0
    for (let i = 0; i < 4096; i++) {
      const key = keys[next()]
      if (cache.get(key) === key) right++
    }
    return right
  })
}

async function evictions (row, { keys }) {
  const cache = new LRUCache({ max: SIZE, ttl: 0 })
  const next = cycle(keys)
  await measure(row, 'lru-cache (JavaScript)', SIZE, SIZE, () => {
    for (let i = 0; i < SIZE; i++) {
      const key = next()
      cache.set(key, key)
    }
    return cache.size
  })
}

// Each makes a cache in front of the source: how to get, and how to make it forget.
const makers = {
  'lru-cache (JavaScript)': () => {
    const cache = new LRUCache({ max: SIZE, ttl: TTL_SECONDS * 1000, fetchMethod: read })
    return { get: key => cache.fetch(key), forget: key => cache.delete(key) }
  },
  'async-cache-dedupe (JavaScript)': () => {
    const cache = createCache({ ttl: TTL_SECONDS, storage: { type: 'memory', options: { size: SIZE } } }).define('read', read)
    return { get: key => cache.read(key), forget: key => cache.clear('read', key) }
  },
  'dataloader (JavaScript)': () => {
    const loader = new DataLoader(keys => new Promise(resolve => setImmediate(resolve, keys)), { maxBatchSize: MANY })
    return { get: key => loader.load(key), forget: key => loader.clear(key) }
  }
}

async function getAll (cache, keys) {
  const values = await Promise.all(keys.map(key => cache.get(key)))
  return values.filter((value, i) => value === keys[i]).length
}

async function asynchronousHits (row, { keys, draws }) {
  for (const [side, make] of Object.entries(makers)) {
    const cache = make()
    for (const key of keys) await cache.get(key)
    const next = cycle(draws)
    await measure(row, side, MANY, MANY, () => getAll(cache, Array.from({ length: MANY }, () => keys[next()])))
  }
}

async function herds (row, { keys }) {
  for (const [side, make] of Object.entries(makers)) {
    const cache = make()
    const next = cycle(keys)
    await measure(row, side, 1, MANY, async () => {
      const key = next()
      const right = await getAll(cache, Array(MANY).fill(key))
      await cache.forget(key)
      return right
    })
  }
}

async function batches (row, { keys }) {
  const side = 'dataloader (JavaScript)'
  const cache = makers[side]()
  const next = cycle(keys)
  await measure(row, side, 1, MANY, async () => {
    const asked = Array.from({ length: MANY }, next)
    const right = await getAll(cache, asked)
    for (const key of asked) cache.forget(key)
    return right
  })
}

const small = readWorkload('1000')
const large = readWorkload('100000')
const twice = readWorkload('2000')
await hits('hit, 1k entries, Zipf', small)
await hits('hit, 100k entries, Zipf', large)
await evictions('set, evicting, 1k', twice)
await asynchronousHits('asynchronous hit, 100 at once, each', small)
await herds('herd, 100 callers of one missing key, all', twice)
await batches('batch of 100 keys', twice)
