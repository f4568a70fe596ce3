-- Put in front of steps on what waits, behind queue-state.lua.

-- `cell`: empty of a run without one.
local function pack_place(place)
  return cmsgpack.pack({ place.round, place.run_id, place.author, place.cell, place.hash })
end

-- The places of the waiting, in order.
local function waiting()
  local places = redis.call('LRANGE', KEYS[2], '0', '-1')
  for index, text in ipairs(places) do
    local round, run_id, author, cell, hash = unpack(cmsgpack.unpack(text))
    places[index] = { round = round, run_id = run_id, author = author, cell = cell, hash = hash, text = text }
  end
  return places
end
