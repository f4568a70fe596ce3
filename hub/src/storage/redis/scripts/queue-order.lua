-- Put in front of steps that put places in order (run/queue-order.ts), behind queue-packing.lua.

-- Puts a place where a fair queue has it in this turn; answers its index.
local function put_fairly(places, turn, place)
  local author = place.author
  local round = tonumber(string.match(turn, '^%d+'))
  local last = string.find(turn, '\n' .. author .. '\n', 1, true) and round or round - 1
  for _, other in ipairs(places) do
    if other.author == author then last = math.max(last, other.round) end
  end
  place.round = last + 1
  local index = #places
  while index > 0 and places[index].round > place.round do index = index - 1 end
  place.text = pack_place(place, one_more(last))
  table.insert(places, index + 1, place)
  return index + 1
end
