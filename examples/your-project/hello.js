// SPDX-License-Identifier: CC0-1.0
import Memo from 'gi://Memo?version=1';

async function load(key) {
  print(`asking for ${key}, which is slow`);
  return 'Ada';
}

const cache = new Memo.AsyncCache({maxsize: 1000, default_ttl: 300});

for (let i = 0; i < 2; i++)
  print(await cache.get('user:42', load));
