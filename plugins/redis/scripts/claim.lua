-- SPDX-License-Identifier: LGPL-2.1-or-later
-- CLAIM: the first step of a set, which FILL completes.
--
-- KEYS[1]  the key
-- ARGV[1]  the token of the lease, 16 random bytes
-- ARGV[2]  the life of the lease in milliseconds
--
-- Gives 1, or 0 where a fence is.
if redis.call('GETRANGE', KEYS[1], 0, 0) == 'F' then
  return 0
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return 1
