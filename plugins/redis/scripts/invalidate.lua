-- SPDX-License-Identifier: LGPL-2.1-or-later
-- INVALIDATE: removes what is there, but for a fence.
--
-- KEYS[1]  the key
--
-- Gives 1, or 0 where a fence stays.
if redis.call('GETRANGE', KEYS[1], 0, 0) == 'F' then
  -- Whoever has read the fence has to be told all the same, also when the server is too full for a SET.
  redis.call('PEXPIRE', KEYS[1], redis.call('PTTL', KEYS[1]))
  return 0
end
redis.call('UNLINK', KEYS[1])
return 1
