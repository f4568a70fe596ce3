-- Put in front of every step on a document's log. Frames are those of the file on disk (embedded/log-frame.ts).
--
-- KEYS: 1 head (hash: fence, the highest that opened it; seq of the last frame; base, seq of the last compaction; epoch)
--       2 log (list of frames: header, base, then what was appended; their seqs follow each other)

local function head(name)
  return tonumber(redis.call('HGET', KEYS[1], name) or '0')
end

local function set_head(name, value)
  redis.call('HSET', KEYS[1], name, string.format('%.0f', value))
end

-- The answer to a fence that is behind; nil to one that is not.
local function stale_answer(fence)
  local highest = head('fence')
  if fence >= highest then return nil end
  return '{"outcome":"stale","highestFence":' .. string.format('%.0f', highest) .. '}'
end

local function push(first)
  for index = first, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[index]) end
end
