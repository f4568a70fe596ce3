-- ARGV: 1 request id, then of each run its JSON without the source, and the source. Answers as the port's EnqueueOutcome, JSON.
local known = redis.call('HGET', KEYS[6], ARGV[1])
if known then return known end

local rules = cjson.decode(rules_text())
local places = waiting()

-- X12: one text of one cell waits once. Cell ids are unique in their notebook only.
local function twin_key(run)
  if run.view.target.kind ~= 'cell' then return nil end
  return cjson.encode({ run.fileId, run.view.target.cellId, run.view.sourceHash })
end

local function find_twin(key)
  for index, place in ipairs(places) do
    place.key = place.key or twin_key(place.run)
    if place.key == key then return index end
  end
end

local had = {}
for _, place in ipairs(places) do
  local author = place.run.view.author.participantId
  had[author] = (had[author] or 0) + 1
end

-- The first of those who ask for more than may wait; nil when nobody does.
local function too_many_of_one()
  local most = tonumber(rules.mostWaiting)
  if not most then return nil end
  local has = {}
  for _, place in ipairs(places) do
    local author = place.run.view.author.participantId
    has[author] = (has[author] or 0) + 1
  end
  for _, place in ipairs(places) do
    local author = place.run.view.author.participantId
    local waiting_before = had[author] or 0
    if has[author] > waiting_before and has[author] > most then
      return '{"outcome":"tooManyWait","waiting":' .. waiting_before .. ',"mostWaiting":' .. string.format('%.0f', most) .. '}'
    end
  end
end

local added, answers, inserts = {}, {}, {}
for argument = 2, #ARGV, 2 do
  local run = cjson.decode(ARGV[argument])
  local view = cjson.encode(run.view)
  local key = twin_key(run)
  local twin = key and find_twin(key)
  local outcome, at = 'merged', twin
  if twin then
    view = cjson.encode(places[twin].run.view)
  else
    outcome = 'queued'
    at = put(places, rules.order, { run_id = run.view.runId, run = run })
    local follower = places[at + 1]
    inserts[#inserts + 1] = { argument = argument, place = places[at], before = follower and follower.text }
    added[#added + 1] = '{"at":' .. (at - 1) .. ',"run":' .. view .. '}'
  end
  answers[#answers + 1] = '{"outcome":"' .. outcome .. '","run":' .. view .. ',"place":' .. at .. '}'
end

local function insert(each)
  local hash = each.place.run.view.sourceHash
  redis.call('HSET', KEYS[2], each.place.run_id, ARGV[each.argument])
  redis.call('HSET', KEYS[11], hash, ARGV[each.argument + 1])
  redis.call('HINCRBY', KEYS[12], hash, 1)
  if each.before then redis.call('LINSERT', KEYS[3], 'BEFORE', each.before, each.place.text)
  else redis.call('RPUSH', KEYS[3], each.place.text) end
end

local answer = #added > 0 and too_many_of_one()
if answer then added = {}
else
  for _, each in ipairs(inserts) do insert(each) end
  answer = '{"outcome":"accepted","runs":' .. json_list(answers) .. '}'
end
redis.call('HSET', KEYS[6], ARGV[1], answer)
redis.call('RPUSH', KEYS[7], ARGV[1])
while redis.call('LLEN', KEYS[7]) > KEPT do redis.call('HDEL', KEYS[6], redis.call('LPOP', KEYS[7])) end
if #added > 0 then tell(added, {}) end
return answer
