-- Put in front of every step on what the hubs of a folder keep together.
--
-- KEYS: 1 the folder's lease (lease-state.lua)  2 texts (hash: the text of each name)
-- ARGV: 1 fence

-- The answer to who does not lead any more; nil to who does.
local function stale_answer()
  local highest = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0')
  if tonumber(ARGV[1]) >= highest then return nil end
  return '{"outcome":"stale","highestFence":' .. string.format('%.0f', highest) .. '}'
end
