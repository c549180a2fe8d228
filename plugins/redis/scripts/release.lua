-- SPDX-License-Identifier: LGPL-2.1-or-later
-- RELEASE: gives a lease back.
--
-- KEYS[1]  the key
-- ARGV[1]  the token of the lease
--
-- Gives 1 if it was there, else 0.
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1]) ~= 'L' .. ARGV[1] then
  return 0
end
return redis.call('UNLINK', KEYS[1])
