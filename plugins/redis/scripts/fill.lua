-- SPDX-License-Identifier: LGPL-2.1-or-later
-- FILL: stores a value where its own lease still is, or the very value that was refreshed.
--
-- KEYS[1]  the key
-- ARGV[1]  what it has to begin with: L and the token, or V and the id
-- ARGV[2]  the new value
-- ARGV[3]  its life in milliseconds, or nothing where it has no end
--
-- Gives 1 if it was stored, else 0.
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then
  return 0
end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
-- The write of a connection ends its own tracking of the key; a read begins it again.
redis.call('EXISTS', KEYS[1])
return 1
