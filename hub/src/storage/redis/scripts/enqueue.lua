-- ARGV: 1 request id, then of each run: id, author, cell (empty without one), hash of the source, what is pinned, the source
-- (queue-state.lua). Answers as stored-views.ts reads it, JSON.
local request, first_uses = 'request ' .. ARGV[1], 'uses ' .. (ARGV[5] or '')
local known, last, rules_text, first_used = read(request, 'number', 'rules', first_uses)
if known then
  local answer = whole_answer(known)
  if answer then return answer end
  redis.call('LREM', KEYS[5], '1', ARGV[1])
end
local turn, most
if rules_text then
  local rules = cjson.decode(rules_text)
  turn, most = rules.order == 'fair' and read('turn'), tonumber(rules.mostWaiting)
end

local places, inserts, answers = waiting(), {}, {}
for argument = 2, #ARGV, 6 do
  local run_id, author, cell, hash, run, source = unpack(ARGV, argument, argument + 5)
  -- X12: one text of one cell waits once.
  local twin
  for index, place in ipairs(places) do
    if cell ~= '' and place.cell == cell and place.hash == hash then twin = index break end
  end
  if twin then
    local other = places[twin].run or read('run ' .. places[twin].run_id)
    answers[#answers + 1] = '{"at":' .. string.format('%d', twin - 1) .. ',"run":' .. other .. '}'
  else
    local place = { run_id = run_id, author = author, cell = cell, hash = hash, run = run, source = source }
    local index = #places + 1
    if turn then index = put_fairly(places, turn, place)
    else
      place.round, place.text = 0, pack_place(place, '0')
      places[index] = place
    end
    place.at, place.before = string.format('%d', index - 1), places[index + 1] and places[index + 1].text
    inserts[#inserts + 1] = place
    answers[#answers + 1] = place.at
  end
end

-- Of the first of those who ask for more than may wait.
local refusal
if most then
  local had, has = {}, {}
  for _, place in ipairs(places) do
    has[place.author] = (has[place.author] or 0) + 1
    if not place.at then had[place.author] = (had[place.author] or 0) + 1 end
  end
  for _, place in ipairs(places) do
    local before = had[place.author] or 0
    if not refusal and has[place.author] > before and has[place.author] > most then
      refusal = '{"outcome":"tooManyWait","waiting":' .. before .. ',"mostWaiting":' .. most .. '}'
    end
  end
end

local answer = refusal or '[' .. table.concat(answers, ',') .. ']'
local requests = redis.call('RPUSH', KEYS[5], ARGV[1])
if requests > MOST_KEPT then
  local gone = redis.call('LPOP', KEYS[5], requests - KEPT)
  for index, id in ipairs(gone) do gone[index] = 'request ' .. id end
  redis.call('HDEL', KEYS[1], unpack(gone))
end
if refusal or #inserts == 0 then
  redis.call('HSET', KEYS[1], request, answer)
  return answer
end

local number = one_more(last)
local change, added, run_ids = { '{"number":' .. number .. ',"added":[{"at":' }, {}, {}
local fields, used = {}, { [first_uses] = first_used }
for index, place in ipairs(inserts) do
  local run_id, at, uses, count = place.run_id, place.at, 'uses ' .. place.hash, #fields
  if index > 1 then change[#change + 1] = '},{"at":' end
  change[#change + 1] = at
  change[#change + 1] = ',"run":'
  change[#change + 1] = place.run
  added[index] = at .. '\n' .. run_id .. '\n'
  run_ids[index] = run_id .. '\n'
  local before = used[uses]
  if before == nil then before = read(uses) end
  used[uses] = one_more(before)
  fields[count + 1], fields[count + 2], fields[count + 3], fields[count + 4] = 'run ' .. run_id, place.run, uses, used[uses]
  if not before then fields[count + 5], fields[count + 6] = 'source ' .. place.hash, place.source end
  if place.before then redis.call('LINSERT', KEYS[2], 'BEFORE', place.before, place.text)
  else redis.call('RPUSH', KEYS[2], place.text) end
  -- Lua hands over so many at once and no more.
  if #fields > 1000 then
    redis.call('HSET', KEYS[1], unpack(fields))
    fields = {}
  end
end
change[#change + 1] = '}]}'
tell(number, table.concat(change), table.concat(added))
redis.call('HSET', KEYS[1], request, table.concat(run_ids) .. answer, 'number', number, unpack(fields))
return answer
