-- Put in front of every step on a queue: how one kernel's queue lies in Redis, and the rules that steps share.
-- The rules are those of run/run-queue-state.ts; a test compares the two on random sequences.
--
-- Redis does one step at a time, for all kernels. So a step makes few calls: what has a name lies in one hash, and is read and
-- written together. And it reads little: what the hub wrote as JSON is joined here, and read by those who need it.
--
-- KEYS: 1 queue (hash), with these fields:
--         number; held; rules, JSON; round, that is run; fence, the highest seen; running, a run's id, its startedAt and hash
--         'run ID', of a run that waits or runs: what is pinned of its view, JSON without the last brace; of one that ended: its view
--         'rest ID', of a run that waits or runs: what only the owner needs, JSON without braces
--         'source HASH'; 'uses HASH', how many runs have it; 'request ID', what it was answered
--         'served AUTHOR', the last round in which they had a run
--       2 places of the waiting (list of what `pack_place` gives)
--       3 order of the ended (list of 'FINISHED-AT RUN-ID')  4 order of the requests (list of ids)
--       5 changes (stream; the entry of change N has the id N-0)  6 lease (hash)  7 channel of the changes (pub/sub)

local KEPT = 1000
local KEPT_CHANGES = 1000
local MOST_FIELDS = 1000
local QUEUED = ',"state":"queued","startedAt":null,"finishedAt":null,"executionCount":null,"reason":null}'

local head

-- Reads the head, and the fields that are named; answers what these have, false for those that are not there.
local function read(...)
  local values = redis.call('HMGET', KEYS[1], 'number', 'held', 'rules', 'round', 'fence', 'running', 'startedAt', 'hash', ...)
  head = {
    number = tonumber(values[1] or '0'), held = values[2] ~= '' and values[2] or nil,
    rules = values[3] or '{"order":"fifo","mostWaiting":null,"mostSeconds":null}', round = tonumber(values[4] or '1'),
    fence = tonumber(values[5] or '0'), running = values[6] ~= '' and values[6] or nil, started_at = values[7], hash = values[8],
  }
  return unpack(values, 9)
end

local function get(field)
  return redis.call('HGET', KEYS[1], field)
end

local unwritten = {}

local function write()
  if #unwritten > 0 then redis.call('HSET', KEYS[1], unpack(unwritten)) end
  unwritten = {}
end

-- Written by the next `write`; a field that is set is not read again in the same step.
local function set(field, value)
  unwritten[#unwritten + 1] = field
  unwritten[#unwritten + 1] = value
  if #unwritten >= MOST_FIELDS then write() end
end

local function number_text(number)
  return string.format('%.0f', number)
end

-- cjson writes an empty list as {}, and lists of JSON texts need not be read to be joined.
local function json_list(texts)
  return '[' .. table.concat(texts, ',') .. ']'
end

local function queued_view(run_id)
  return get('run ' .. run_id) .. QUEUED
end

local function running_view(pinned)
  return pinned .. ',"state":"running","startedAt":' .. cjson.encode(head.started_at)
    .. ',"finishedAt":null,"executionCount":null,"reason":null}'
end

-- The running run as QueuedRun, JSON.
local function running_run()
  local id = head.running
  local values = redis.call('HMGET', KEYS[1], 'run ' .. id, 'rest ' .. id, 'source ' .. head.hash)
  return '{"view":' .. running_view(values[1]) .. ',"source":' .. cjson.encode(values[3]) .. ',' .. values[2] .. '}'
end

local function pack_place(place)
  return cmsgpack.pack({ place.round, place.run_id, place.author, place.cell, place.hash })
end

-- `cell`: empty of a run without one.
local function parse_place(text)
  local place = cmsgpack.unpack(text)
  return { round = place[1], run_id = place[2], author = place[3], cell = place[4], hash = place[5], text = text }
end

-- The places of the waiting, in order.
local function waiting()
  local places = {}
  for index, text in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do places[index] = parse_place(text) end
  return places
end

-- Puts a place where the order says (run/queue-order.ts); answers its index.
local function put(places, order, place)
  local served = tonumber(get('served ' .. place.author) or '0')
  local last = math.max(served, head.round - 1)
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

-- The answer to a fence that is behind the highest issued or seen; nil to one that is not, which is remembered.
local function stale_answer(fence)
  local highest = math.max(head.fence, tonumber(redis.call('HGET', KEYS[6], 'fence') or '0'))
  if fence < highest then return '{"outcome":"stale","highestFence":' .. number_text(highest) .. '}' end
  if fence > head.fence then redis.call('HSET', KEYS[1], 'fence', number_text(fence)) end
  return nil
end

local function oldest_is_over(since)
  local oldest = redis.call('LINDEX', KEYS[3], 0)
  return oldest and string.match(oldest, '^%S+') < since
end

-- Keeps a run that has ended, and of the others the last and those that ended since.
local function keep_ended(run_id, hash, view, finished_at, since)
  set('run ' .. run_id, view)
  local source, uses = 'source ' .. hash, 'uses ' .. hash
  if redis.call('HINCRBY', KEYS[1], uses, -1) > 0 then redis.call('HDEL', KEYS[1], 'rest ' .. run_id)
  else redis.call('HDEL', KEYS[1], 'rest ' .. run_id, source, uses) end
  local kept = redis.call('RPUSH', KEYS[3], finished_at .. ' ' .. run_id)
  if kept <= KEPT and not oldest_is_over(since) then return end
  -- One that goes may be of this step.
  write()
  while kept > KEPT or oldest_is_over(since) do
    redis.call('HDEL', KEYS[1], 'run ' .. string.match(redis.call('LPOP', KEYS[3]), ' (.*)$'))
    kept = kept - 1
  end
end

-- How a run ended, for `tell`. `settlement`: the port's, JSON.
local function end_of(run_id, settlement)
  return '{"runId":' .. cjson.encode(run_id) .. ',' .. string.sub(settlement, 2)
end

-- Ends the waiting runs of which `is_meant` says so, told what is pinned of each; answers their views as JSON texts, in order,
-- and puts how they ended into `ends`.
local function withdraw(is_meant, finished_at, reason, since, ends)
  local settlement = '{"state":"cancelled","finishedAt":' .. cjson.encode(finished_at)
    .. ',"executionCount":null,"reason":' .. cjson.encode(reason) .. '}'
  local views = {}
  for _, place in ipairs(waiting()) do
    local pinned = get('run ' .. place.run_id)
    if is_meant(cjson.decode(pinned .. '}')) then
      redis.call('LREM', KEYS[2], 1, place.text)
      local view = pinned .. ',"startedAt":null,' .. string.sub(settlement, 2)
      views[#views + 1] = view
      ends[#ends + 1] = end_of(place.run_id, settlement)
      keep_ended(place.run_id, place.hash, view, finished_at, since)
    end
  end
  return views
end

-- Counts a step that changed something, writes what was set, and tells what is `new`: JSON without braces, as queue-delta.ts reads it.
local function tell(new)
  local number = number_text(head.number + 1)
  set('number', number)
  write()
  local change = '{"number":' .. number .. ',' .. new .. '}'
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', KEPT_CHANGES, number .. '-0', 'change', change)
  redis.call('PUBLISH', KEYS[7], change)
end

local function ids_of(places)
  local ids = {}
  for index, place in ipairs(places) do ids[index] = cjson.encode(place.run_id) end
  return json_list(ids)
end
