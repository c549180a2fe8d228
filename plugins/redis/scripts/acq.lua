-- SPDX-License-Identifier: LGPL-2.1-or-later
-- ACQ: the lease on a load, where nothing is, or what the reader found void.
-- See docs/coherence-protocol.md for all the scripts.
--
-- KEYS[1]  the key
-- ARGV[1]  the token of the lease, 16 random bytes
-- ARGV[2]  the life of the lease in milliseconds
-- ARGV[3]  the first bytes of a value that is void, or nothing
--
-- Gives the server's time, two numbers, where the lease is granted; else what is there.
local found = redis.call('GET', KEYS[1])
if found and (ARGV[3] == '' or string.sub(found, 1, #ARGV[3]) ~= ARGV[3]) then
  return found
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
-- The write of a connection ends its own tracking of the key; a read begins it again.
redis.call('EXISTS', KEYS[1])
return redis.call('TIME')
