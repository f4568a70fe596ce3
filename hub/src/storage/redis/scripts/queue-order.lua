-- Put in front of steps that put places in order (run/queue-order.ts), behind queue-places.lua.

-- By author: the last round in which they had a run, as far as it was read.
local served = {}

-- Puts a place where the order says, in this round of the queue; answers its index.
local function put(places, order, round, place)
  local author = place.author
  served[author] = served[author] or tonumber(read('served ' .. author) or 0)
  local last = math.max(served[author], tonumber(round or 1) - 1)
  for _, other in ipairs(places) do
    if other.author == author then last = math.max(last, other.round) end
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
