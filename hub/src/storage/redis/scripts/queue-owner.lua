-- Put in front of the owner's steps, behind queue-state.lua.

-- The answer to a fence that is behind the highest, a list of that; nil to one that is not, which is remembered.
local function stale_answer(fence, highest)
  highest = highest or '0'
  if tonumber(fence) < tonumber(highest) then return { highest } end
  if fence ~= highest then redis.call('HSET', KEYS[1], 'fence', fence) end
end
