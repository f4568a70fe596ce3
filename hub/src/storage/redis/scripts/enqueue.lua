-- ARGV: 1 request id, then of each run: id, author, cell (empty without one), hash of the source, what is pinned, the rest, the
-- source (queue-state.lua). Answers as the port's EnqueueOutcome, JSON.
local request = 'request ' .. ARGV[1]
local known, last, rules_text, round = read(request, 'number', 'rules', 'round')
if known then return known end

local rules = rules_text and cjson.decode(rules_text) or { order = 'fifo' }
local most = tonumber(rules.mostWaiting)
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
local had = most and counts_by_author()

-- The refusal of the first of those who ask for more than may wait; nil when nobody does.
local function too_many_of_one()
  local has = counts_by_author()
  for _, place in ipairs(places) do
    local before = had[place.author] or 0
    if has[place.author] > before and has[place.author] > most then
      return '{"outcome":"tooManyWait","waiting":' .. before .. ',"mostWaiting":' .. number_text(most) .. '}'
    end
  end
end

local inserts, added, answers = {}, {}, {}
for argument = 2, #ARGV, 7 do
  local run_id, author, cell, hash, run, rest, source = unpack(ARGV, argument, argument + 6)
  local at, outcome = find_twin(cell, hash), 'merged'
  if at then run = places[at].run or read('run ' .. places[at].run_id)
  else
    local place = { run_id = run_id, author = author, cell = cell, hash = hash, run = run, rest = rest, source = source }
    at, outcome = put(places, rules.order, round, place), 'queued'
    place.before = places[at + 1] and places[at + 1].text
    inserts[#inserts + 1] = place
    added[#added + 1] = '{"at":' .. (at - 1) .. ',"run":' .. run .. '}'
  end
  answers[#answers + 1] = '{"outcome":"' .. outcome .. '","place":' .. at .. ',"run":' .. run .. '}'
end

local function insert(place)
  note('run ' .. place.run_id, place.run)
  note('rest ' .. place.run_id, place.rest)
  if count_use(place.hash, 1) == 1 then note('source ' .. place.hash, place.source) end
  if place.before then redis.call('LINSERT', KEYS[2], 'BEFORE', place.before, place.text)
  else redis.call('RPUSH', KEYS[2], place.text) end
end

local refusal = most and too_many_of_one()
local answer = refusal or '{"outcome":"accepted","runs":[' .. table.concat(answers, ',') .. ']}'
note(request, answer)
for _, id in ipairs(let_go(KEYS[4], redis.call('RPUSH', KEYS[4], ARGV[1]))) do remove('request ' .. id) end
if refusal or #inserts == 0 then write()
else
  for _, place in ipairs(inserts) do insert(place) end
  local number = next_number(last)
  note('number', number)
  write()
  tell(number, '"added":[' .. table.concat(added, ',') .. ']')
end
return answer
