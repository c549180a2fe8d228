// SPDX-License-Identifier: CC0-1.0

// The function API on a shop's database: get a key with a loader, warm up, look at the
// metrics, and see what a hundred callers of one key cost.
//
//   gjs -m quick-start-function-api.js SHOP.DB
//
// The program does what quick-start-function-api.c does, and prints the same. It fails when a value is not the one in the
// database, when a get fails, or when database and cache do not agree on how often the database was asked.

import GLib from 'gi://GLib';
import Memo from 'gi://Memo?version=1';
import System from 'system';

import {ShopDb} from '../shop/shop-db.js';

const HOT_USER = 1;
const FIRST_USER = 101;
const N_USERS = 500;
const HERD_USER = 1815;
const N_HERD = 100;

const path = System.programArgs[0];
const db = new ShopDb(path);
// Reads the same file, but is not counted.
const witness = new ShopDb(path);
const rows = new Map((await witness.get_all_users()).map(row => [row.id, JSON.stringify(row)]));

// [quick-start]
const cache = new Memo.AsyncCache({maxsize: 1000, default_ttl: 300});

function loadUser(key) {
  return db.get_user(Number(key.slice('user:'.length)));
}

const user = await cache.get('user:42', loadUser);
if (user !== undefined)
  print(`${user.name}, welcome to the shop!`);
// [/quick-start]

let gets = 1, failed = 0, wrong = 0;

// Compares an answer with what the database says, asked behind the cache's back.
function checkUser(id, value) {
  if (JSON.stringify(value) !== rows.get(id)) {
    printerr(`user:${id} is not what the database says`);
    wrong++;
  }
}

async function getUser(id) {
  gets++;
  try {
    return await cache.get(`user:${id}`, loadUser);
  } catch (e) {
    printerr(`a get failed: ${e}`);
    failed++;
    return undefined;
  }
}

function printCost(n, queriesBefore) {
  print(`  gets: ${n}, queries of the database: ${db.n_queries - queriesBefore}`);
}

async function warmUp() {
  const queriesBefore = db.n_queries;

  print(`Warm-up of user:${HOT_USER}`);
  await cache.warmup({[`user:${HOT_USER}`]: loadUser});
  printCost(0, queriesBefore);

  // A hit without a promise: what hot paths use.
  const entry = cache.lookup(`user:${HOT_USER}`);
  checkUser(HOT_USER, entry?.value);
  print(`  a look-up: ${entry !== null ? 'it is in memory' : 'it is not there'}\n`);
}

// Asks for some hundred users, one after another.
async function pass(title) {
  const queriesBefore = db.n_queries;
  const start = GLib.get_monotonic_time();
  const values = [];

  for (let i = 0; i < N_USERS; i++)
    values.push(await getUser(FIRST_USER + i));

  const elapsed = (GLib.get_monotonic_time() - start) / 1000;
  print(`${title}: users ${FIRST_USER} to ${FIRST_USER + N_USERS - 1}, one after another`);
  printCost(N_USERS, queriesBefore);
  print(`  time: ${elapsed.toFixed(1)} ms\n`);

  values.forEach((value, i) => checkUser(FIRST_USER + i, value));
}

function printMetrics() {
  const metrics = cache.get_metrics();
  const line = (name, value) => print(`  ${name.padEnd(12)} ${value.padStart(4)}`);

  print('Metrics of the cache so far');
  line('hits', String(metrics.hits));
  line('misses', String(metrics.misses));
  line('coalesced', String(metrics.coalesced));
  line('loads', String(metrics.loads));
  line('load errors', String(metrics.load_failures));
  line('evictions', String(metrics.evictions));
  line('size', String(metrics.size));
  line('hit rate', `${(100 * metrics.hit_rate).toFixed(1)} %\n`);
}

async function herd() {
  const before = cache.get_metrics();
  const queriesBefore = db.n_queries;

  const values = await Promise.all(Array.from({length: N_HERD}, () => getUser(HERD_USER)));
  values.forEach(value => checkUser(HERD_USER, value));

  const after = cache.get_metrics();
  print(`Herd: ${N_HERD} gets of user:${HERD_USER} at once, which nobody had loaded`);
  printCost(N_HERD, queriesBefore);
  print('  joined the load that was under way, or came right after it: ' +
    `${after.coalesced - before.coalesced + after.hits - before.hits}\n`);
}

function conclude() {
  const {loads} = cache.get_metrics();
  const agree = db.n_queries === loads;

  print('In all');
  print(`  gets: ${gets} and a look-up; failed: ${failed}; wrong values: ${wrong}`);
  print(`  queries by the database's own counter: ${db.n_queries}`);
  print(`  loads by the metrics of the cache: ${loads}, ${agree ? 'the same' : 'WHICH IS NOT THE SAME'}`);
  return agree && failed === 0 && wrong === 0;
}

checkUser(42, user);
print('');
await warmUp();
await pass('Cold pass');
await pass('Warm pass');
printMetrics();
await herd();

const good = conclude();
db.close();
witness.close();
System.exit(good ? 0 : 1);
