-- Put in front of every step on what the hubs of a folder keep together.
--
-- KEYS: 1 the folder's lease (lease-state.lua)  2 texts (hash: the text of each name)
--       3 hubs (hash: of each hub's id, JSON {address, untilMs})

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- The answer to who does not lead any more; nil to who does.
local function stale_answer(fence)
  local highest = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0')
  if fence >= highest then return nil end
  return '{"outcome":"stale","highestFence":' .. string.format('%.0f', highest) .. '}'
end
