// SPDX-License-Identifier: CC0-1.0

// The decorator API on a shop's database: a function is wrapped once, then it is called with its
// arguments, and nobody makes keys by hand.
//
//   gjs -m quick-start-decorator-api.js SHOP.DB
//
// The program does what quick-start-decorator-api.c does, and prints the same. It fails when an answer is not the one that the
// database should give, or when the database was asked more often than the program says.

import Memo from 'gi://Memo?version=1';
import System from 'system';

import {ShopDb} from '../shop/shop-db.js';

const TOKEN = '0012252d6fee085b';

const db = new ShopDb(System.programArgs[0]);

// [quick-start]
const getUser = Memo.lru({name: 'get_user', maxsize: 128})(async id => {
  return await db.get_user(id);
});

const user = await getUser(42);
if (user !== undefined)
  print(`${user.name}, welcome to the shop!`);
// [/quick-start]

// [time-to-live]
const getSession = Memo.ttl({name: 'get_session', time_to_live: 60})(async token => {
  return await db.get_session(token);
});
// [/time-to-live]

let asExpected = user?.name === 'Amira Petrov' && db.n_queries === 1;

// Calls a function, says what that cost, and compares it with what it should.
async function call(func, arg, column, expected, queriesExpected) {
  const queriesBefore = db.n_queries;
  const found = (await func(arg))?.[column] ?? '(none)';
  const queries = db.n_queries - queriesBefore;

  print(`  ${func.key_of(arg).padEnd(36)} ${found.padEnd(14)} queries: ${queries}`);
  asExpected &&= found === expected && queries === queriesExpected;
}

function printMetrics(func) {
  const {hits, misses, loads, size, hit_rate: hitRate} = func.get_metrics();

  print(`  ${func.name.padEnd(12)} hits ${hits}, misses ${misses}, loads ${loads}, size ${size}, ` +
    `hit rate ${(100 * hitRate).toFixed(1)} %`);
}

print('\nOther arguments are another call, the same ones are not');
await call(getUser, 42, 'name', 'Amira Petrov', 0);
await call(getUser, 7, 'name', 'Chen Brandt', 1);
await call(getUser, 7, 'name', 'Chen Brandt', 0);

print('\nA function whose answers are good for 60 s');
await call(getSession, TOKEN, 'user_name', 'Sofia Nagy', 1);
await call(getSession, TOKEN, 'user_name', 'Sofia Nagy', 0);

// It takes the number of a user, or the text of it as it stands in an address. It shares the cache of getUser; what
// keeps their answers apart is the name.
const findUser = Memo.lru({name: 'find_user', cache: getUser.cache})(id => db.get_user(Number(id)));

print('\nThe name of the function is a part of the key, and so is the type of an argument');
await call(findUser, 42, 'name', 'Amira Petrov', 1);
await call(findUser, '42', 'name', 'Amira Petrov', 1);
await call(findUser, '42', 'name', 'Amira Petrov', 0);
await call(getUser, 42, 'name', 'Amira Petrov', 0);

print('\nMetrics; those of get_user are of the cache that find_user shares');
printMetrics(getUser);
printMetrics(getSession);

const loads = getUser.get_metrics().loads + getSession.get_metrics().loads;
print(`\n${loads} loads, and the database ran ${db.n_queries} queries`);
db.close();
System.exit(asExpected && loads === db.n_queries ? 0 : 1);
