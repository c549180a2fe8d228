-- SPDX-License-Identifier: LGPL-2.1-or-later
-- FENCE: a change begins, or goes on.  UNFENCE: it ends.
--
-- KEYS[1]  the key
-- ARGV[1]  the id of the change, 16 random bytes
-- ARGV[2]  the life of the fence in milliseconds; 0: the change ends
--
-- A fence is F, then 16 bytes of id and 13 digits of deadline for each change.  Gives 1.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local latest = now
local ids = { 'F' }

-- Those of others that have not passed.
if redis.call('GETRANGE', KEYS[1], 0, 0) == 'F' then
  local found = redis.call('GET', KEYS[1])
  for at = 2, #found - 28, 29 do
    local deadline = tonumber(string.sub(found, at + 16, at + 28))
    if deadline and deadline > now and string.sub(found, at, at + 15) ~= ARGV[1] then
      ids[#ids + 1] = string.sub(found, at, at + 28)
      latest = math.max(latest, deadline)
    end
  end
end

if ARGV[2] ~= '0' then
  ids[#ids + 1] = ARGV[1] .. string.format('%013.0f', now + ARGV[2])
  latest = math.max(latest, now + ARGV[2])
end

if #ids > 1 then
  -- Also where nothing has changed: whoever has read the fence has to be told.
  redis.call('SET', KEYS[1], table.concat(ids), 'PX', string.format('%.0f', latest - now))
else
  -- Also a value or a lease, which came when the fence was lost.
  redis.call('UNLINK', KEYS[1])
end
return 1
