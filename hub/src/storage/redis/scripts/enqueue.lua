-- ARGV: 1 request id, then of each run: id, author, cell (empty without one), hash of the source, what is pinned, the source,
-- what a Jupyter client asked for or nothing (queue-state.lua). Answers as stored-views.ts reads it, JSON.
local request = 'request ' .. ARGV[1]
local first_author, first_hash = ARGV[3] or '', ARGV[5] or ''
local known, last, rules_text, round, first_served, first_used =
  read(request, 'number', 'rules', 'round', 'served ' .. first_author, 'uses ' .. first_hash)
if known then
  local answer = whole_answer(known)
  if answer then return answer end
  redis.call('LREM', KEYS[4], '1', ARGV[1])
end
served[first_author] = tonumber(first_served or 0)
local uses = { [first_hash] = tonumber(first_used or 0) }
local order, most = 'fifo', nil
if rules_text then
  local rules = cjson.decode(rules_text)
  order, most = rules.order, tonumber(rules.mostWaiting)
end

local places = waiting()
local function counts_by_author()
  local counts = {}
  for _, place in ipairs(places) do counts[place.author] = (counts[place.author] or 0) + 1 end
  return counts
end
local had = most and counts_by_author()

local inserts, added, answers = {}, {}, {}
for argument = 2, #ARGV, 7 do
  local run_id, author, cell, hash, run, source, client = unpack(ARGV, argument, argument + 6)
  -- X12: one text of one cell waits once.
  local twin
  for index, place in ipairs(places) do
    if cell ~= '' and place.cell == cell and place.hash == hash then twin = index break end
  end
  if twin then
    local other = places[twin].run or read('run ' .. places[twin].run_id)
    answers[#answers + 1] = '{"outcome":"merged","place":' .. number_text(twin) .. ',"run":' .. other .. '}'
  else
    local place = { run_id = run_id, author = author, cell = cell, hash = hash, run = run, source = source, client = client }
    local at = put(places, order, round, place)
    place.before = places[at + 1] and places[at + 1].text
    inserts[#inserts + 1] = place
    added[#added + 1] = '{"at":' .. number_text(at - 1) .. ',"run":' .. run .. '}'
    answers[#answers + 1] = '{"outcome":"queued","place":' .. number_text(at) .. ',"runId":' .. cjson.encode(run_id) .. '}'
  end
end

-- Of the first of those who ask for more than may wait.
local refusal
if most then
  local has = counts_by_author()
  for _, place in ipairs(places) do
    local before = had[place.author] or 0
    if not refusal and has[place.author] > before and has[place.author] > most then
      refusal = '{"outcome":"tooManyWait","waiting":' .. before .. ',"mostWaiting":' .. number_text(most) .. '}'
    end
  end
end

local answer = refusal or '{"outcome":"accepted","runs":[' .. table.concat(answers, ',') .. ']}'
local kept = redis.call('RPUSH', KEYS[4], ARGV[1])
if kept > MOST_KEPT then
  local gone = redis.call('LPOP', KEYS[4], kept - KEPT)
  for index, id in ipairs(gone) do gone[index] = 'request ' .. id end
  redis.call('HDEL', KEYS[1], unpack(gone))
end
local fields = { request, answer }
if not refusal and #inserts > 0 then
  fields[3], fields[4] = 'number', tell(last, '"added":[', table.concat(added, ','), ']')
  for _, place in ipairs(inserts) do
    local hash, count = place.hash, #fields
    uses[hash] = (uses[hash] or tonumber(read('uses ' .. hash) or 0)) + 1
    fields[count + 1], fields[count + 2] = 'run ' .. place.run_id, place.run
    fields[count + 3], fields[count + 4] = 'uses ' .. hash, number_text(uses[hash])
    if uses[hash] == 1 then fields[count + 5], fields[count + 6] = 'source ' .. hash, place.source end
    if place.client ~= '' then
      fields[#fields + 1] = 'client ' .. place.run_id
      fields[#fields + 1] = place.client
    end
    if place.before then redis.call('LINSERT', KEYS[2], 'BEFORE', place.before, place.text)
    else redis.call('RPUSH', KEYS[2], place.text) end
    -- Lua hands over so many at once and no more.
    if #fields > 1000 then
      redis.call('HSET', KEYS[1], unpack(fields))
      fields = {}
    end
  end
end
if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end
return '{"answer":' .. answer .. '}'
