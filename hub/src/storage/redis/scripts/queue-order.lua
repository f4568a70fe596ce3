-- Put in front of steps that put places in order (run/queue-order.ts), behind queue-state.lua.

-- Puts a place where the order says, in this round of the queue; answers its index.
local function put(places, order, round, place)
  local last = math.max(tonumber(read('served ' .. place.author) or 0), tonumber(round or 1) - 1)
  for _, other in ipairs(places) do
    if other.author == place.author then last = math.max(last, other.round) end
  end
  place.round = last + 1
  local index = #places
  if order == 'fair' then
    while index > 0 and places[index].round > place.round do index = index - 1 end
  end
  place.text = pack_place(place)
  table.insert(places, index + 1, place)
  return index + 1
end

local function store_places(places)
  redis.call('DEL', KEYS[2])
  for _, place in ipairs(places) do redis.call('RPUSH', KEYS[2], pack_place(place)) end
end

local function ids_of(places)
  local ids = {}
  for index, place in ipairs(places) do ids[index] = cjson.encode(place.run_id) end
  return '[' .. table.concat(ids, ',') .. ']'
end
