-- ARGV: 1 request id, then of each run: id, author, cell (empty without one), hash of the source, what is pinned, the rest, the
-- source (queue-state.lua). Answers as the port's EnqueueOutcome, JSON.
local known = read('request ' .. ARGV[1])
if known then return known end

local rules = cjson.decode(head.rules)
local places = waiting()

-- X12: one text of one cell waits once.
local function find_twin(cell, hash)
  if cell == '' then return nil end
  for index, place in ipairs(places) do
    if place.cell == cell and place.hash == hash then return index end
  end
end

local function counts_by_author()
  local counts = {}
  for _, place in ipairs(places) do counts[place.author] = (counts[place.author] or 0) + 1 end
  return counts
end
local had = counts_by_author()

-- The refusal of the first of those who ask for more than may wait; nil when nobody does.
local function too_many_of_one()
  local most = tonumber(rules.mostWaiting)
  if not most then return nil end
  local has = counts_by_author()
  for _, place in ipairs(places) do
    local before = had[place.author] or 0
    if has[place.author] > before and has[place.author] > most then
      return '{"outcome":"tooManyWait","waiting":' .. before .. ',"mostWaiting":' .. number_text(most) .. '}'
    end
  end
end

local added, answers, inserts = {}, {}, {}
for argument = 2, #ARGV, 7 do
  local run_id, author, cell, hash, pinned, rest, source = unpack(ARGV, argument, argument + 6)
  local at = find_twin(cell, hash)
  local outcome, view = 'merged', at and (places[at].view or queued_view(places[at].run_id))
  if not at then
    outcome, view = 'queued', pinned .. QUEUED
    local place = { run_id = run_id, author = author, cell = cell, hash = hash, view = view }
    at = put(places, rules.order, place)
    local follower = places[at + 1]
    inserts[#inserts + 1] = { place = place, before = follower and follower.text, pinned = pinned, rest = rest, source = source }
    added[#added + 1] = '{"at":' .. (at - 1) .. ',"run":' .. view .. '}'
  end
  answers[#answers + 1] = '{"outcome":"' .. outcome .. '","run":' .. view .. ',"place":' .. at .. '}'
end

local function insert(place, before, pinned, rest, source)
  set('run ' .. place.run_id, pinned)
  set('rest ' .. place.run_id, rest)
  if redis.call('HINCRBY', KEYS[1], 'uses ' .. place.hash, 1) == 1 then set('source ' .. place.hash, source) end
  if before then redis.call('LINSERT', KEYS[2], 'BEFORE', before, place.text)
  else redis.call('RPUSH', KEYS[2], place.text) end
end

local refusal = too_many_of_one()
local answer = refusal or '{"outcome":"accepted","runs":' .. json_list(answers) .. '}'
set('request ' .. ARGV[1], answer)
if redis.call('RPUSH', KEYS[4], ARGV[1]) > KEPT then redis.call('HDEL', KEYS[1], 'request ' .. redis.call('LPOP', KEYS[4])) end
if refusal or #added == 0 then write()
else
  for _, each in ipairs(inserts) do insert(each.place, each.before, each.pinned, each.rest, each.source) end
  tell('"added":' .. json_list(added))
end
return answer
