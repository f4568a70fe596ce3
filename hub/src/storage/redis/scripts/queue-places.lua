-- Put in front of steps on what waits, behind queue-state.lua.

-- The places of the waiting, in order.
local function waiting()
  local places = redis.call('LRANGE', KEYS[2], '0', '-1')
  for index, text in ipairs(places) do
    local hash, run_id, round, author, cell = string.match(text, '^([^\n]*)\n([^\n]*)\n(%d+)\n([^\n]*)\n(.*)$')
    places[index] =
      { round = tonumber(round), hash = hash, run_id = run_id, author = author, cell = cell, text = text }
  end
  return places
end
