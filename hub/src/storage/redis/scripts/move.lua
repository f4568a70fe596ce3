-- ARGV: 1 run id  2 the run before which it is put, or empty: behind all
--       3 whose places change, all JSON  4 how the cells of the notebook begin whose places change too, or empty: of no other person.
-- Answers as the port's MoveOutcome, JSON. Rounds stay where they are (run/queue-order.ts).
local run_id, before, author, cells = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local places = waiting()
local by_id = {}
for _, place in ipairs(places) do by_id[place.run_id] = place end

local function is_movable(place)
  if place.author == author then return true end
  return cells ~= '' and (place.cell == '' or string.sub(place.cell, 1, #cells) == cells)
end

for _, id in ipairs(before == '' and { run_id } or { run_id, before }) do
  local why = not by_id[id] and 'notQueued' or not is_movable(by_id[id]) and 'notYours'
  if why then return '{"outcome":"' .. why .. '","runId":' .. id .. '}' end
end

local mine = {}
for _, place in ipairs(places) do
  if is_movable(place) and (place.run_id ~= run_id or run_id == before) then
    if place.run_id == before and run_id ~= before then mine[#mine + 1] = by_id[run_id] end
    mine[#mine + 1] = place
  end
end
if before == '' then mine[#mine + 1] = by_id[run_id] end

local next_mine, is_changed = 1, false
local moved = {}
for index, place in ipairs(places) do
  local run = place
  if is_movable(place) then
    run = mine[next_mine]
    next_mine = next_mine + 1
  end
  if run ~= place then is_changed = true end
  moved[index] = { round = place.round, run_id = run.run_id, author = run.author, cell = run.cell, hash = run.hash }
end
if is_changed then
  local number = one_more(read('number'))
  tell(number, '{"number":' .. number .. ',' .. reorder(moved) .. '}')
  redis.call('HSET', KEYS[1], 'number', number)
end
return '{"outcome":"moved"}'
