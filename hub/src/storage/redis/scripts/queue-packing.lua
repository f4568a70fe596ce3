-- Put in front of steps that write places, behind queue-places.lua.

-- `round`: as text.
local function pack_place(place, round)
  return place.hash .. '\n' .. place.run_id .. '\n' .. round .. '\n' .. place.author .. '\n' .. place.cell
end
