-- Put in front of every step on a queue: how one kernel's queue lies in Redis, and the rules that steps share.
-- The rules are those of run/run-queue-state.ts; a test compares the two on random sequences.
--
-- KEYS: 1 head (hash)  2 runs: waiting and running, JSON by run id (hash)
--       3 places of the waiting (list; each says 'ROUND RUN-ID'; an older hub wrote the id alone)
--       4 finished: JSON by run id (hash)  5 order of the finished (list)
--       6 requests: answers by request id (hash)  7 order of the requests (list)
--       8 changes (stream; the entry of change N has the id N-0)  9 lease (hash)  10 channel of the changes (pub/sub)
--       11 sources by their hash (hash)  12 how many runs have each (hash)  13 who had theirs of the round that is run (set)

local KEPT = 1000
local KEPT_CHANGES = 1000
local EMPTY_LIST = '[]'

local function head_number(name)
  return tonumber(redis.call('HGET', KEYS[1], name) or '0')
end

local function held()
  local reason = redis.call('HGET', KEYS[1], 'held')
  return reason and reason ~= '' and reason or nil
end

local function running_id()
  local run_id = redis.call('HGET', KEYS[1], 'running')
  return run_id and run_id ~= '' and run_id or nil
end

local function get_run(run_id)
  return cjson.decode(redis.call('HGET', KEYS[2], run_id))
end

-- A run as JSON with its pinned source; one of an older hub has it in itself.
local function with_source(run)
  if not run.source then run.source = redis.call('HGET', KEYS[11], run.view.sourceHash) end
  return cjson.encode(run)
end

-- cjson writes an empty list as {}, and lists of JSON texts need not be read to be joined.
local function json_list(texts)
  return '[' .. table.concat(texts, ',') .. ']'
end

local function parse_place(text)
  local round, run_id = string.match(text, '^(%d+) (.+)$')
  if not round then return { text = text, round = 1, run_id = text } end
  return { text = text, round = tonumber(round), run_id = run_id }
end

local function place_text(round, run_id)
  return string.format('%.0f ', round) .. run_id
end

-- The places of the waiting, in order, each with its run.
local function waiting()
  local places = {}
  for index, text in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
    local place = parse_place(text)
    place.run = get_run(place.run_id)
    places[index] = place
  end
  return places
end

local function rules_text()
  return redis.call('HGET', KEYS[1], 'rules') or '{"order":"fifo","mostWaiting":null,"mostSeconds":null}'
end

local function turn_round()
  return tonumber(redis.call('HGET', KEYS[1], 'round') or '1')
end

-- Puts a place where the order says (run/queue-order.ts); answers its index.
local function put(places, order, place)
  local author = place.run.view.author.participantId
  local last = redis.call('SISMEMBER', KEYS[13], author) == 1 and turn_round() or turn_round() - 1
  for _, other in ipairs(places) do
    if other.run.view.author.participantId == author then last = math.max(last, other.round) end
  end
  place.round = last + 1
  local index = #places
  if order == 'fair' then
    while index > 0 and places[index].round > place.round do index = index - 1 end
  end
  place.text = place_text(place.round, place.run_id)
  table.insert(places, index + 1, place)
  return index + 1
end

local function store_places(places)
  redis.call('DEL', KEYS[3])
  for _, place in ipairs(places) do redis.call('RPUSH', KEYS[3], place_text(place.round, place.run_id)) end
end

-- The highest fence issued or seen when `fence` is older, else nil; a fence that is not stale is remembered.
local function refuse_stale(fence)
  local seen = head_number('fence')
  local highest = math.max(seen, tonumber(redis.call('HGET', KEYS[9], 'fence') or '0'))
  if fence < highest then return highest end
  if fence > seen then redis.call('HSET', KEYS[1], 'fence', fence) end
  return nil
end

local function stale_answer(highest)
  return '{"outcome":"stale","highestFence":' .. string.format('%.0f', highest) .. '}'
end

local function forget_source(hash)
  if redis.call('HINCRBY', KEYS[12], hash, -1) > 0 then return end
  redis.call('HDEL', KEYS[12], hash)
  redis.call('HDEL', KEYS[11], hash)
end

local function oldest_is_over(since)
  local run_id = redis.call('LINDEX', KEYS[5], 0)
  local oldest = run_id and redis.call('HGET', KEYS[4], run_id)
  return oldest and cjson.decode(oldest).finishedAt < since
end

-- Keeps a run that has ended, and of the others the last and those that ended since; its view as JSON is the answer.
local function keep_finished(view, since)
  local text = cjson.encode(view)
  redis.call('HDEL', KEYS[2], view.runId)
  forget_source(view.sourceHash)
  redis.call('HSET', KEYS[4], view.runId, text)
  redis.call('RPUSH', KEYS[5], view.runId)
  while redis.call('LLEN', KEYS[5]) > KEPT or oldest_is_over(since) do
    redis.call('HDEL', KEYS[4], redis.call('LPOP', KEYS[5]))
  end
  return text
end

-- Ends the waiting runs that `is_meant`; answers their views as JSON texts, in order.
local function withdraw(is_meant, finished_at, reason, since)
  local texts = {}
  for _, place in ipairs(waiting()) do
    local run = place.run
    if is_meant(run) then
      redis.call('LREM', KEYS[3], 1, place.text)
      run.view.state = 'cancelled'
      run.view.finishedAt = finished_at
      run.view.reason = reason
      texts[#texts + 1] = keep_finished(run.view, since)
    end
  end
  return texts
end

-- Counts a step that changed something and tells it: `added` waiting runs with their places and `finished` ones as lists
-- of JSON texts; `order`: the ids of what waits as a list of JSON texts, nil unless the step changed it.
local function tell(added, finished, order)
  local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
  local run_id = running_id()
  local running = run_id and cjson.encode(get_run(run_id).view) or 'null'
  local reason = held()
  local change = '{"number":' .. string.format('%.0f', number)
    .. ',"held":' .. (reason and cjson.encode(reason) or 'null')
    .. ',"rules":' .. rules_text()
    .. ',"running":' .. running
    .. ',"added":' .. json_list(added)
    .. ',"order":' .. (order and json_list(order) or 'null')
    .. ',"finished":' .. json_list(finished) .. '}'
  redis.call('XADD', KEYS[8], 'MAXLEN', '~', KEPT_CHANGES, string.format('%.0f-0', number), 'change', change)
  redis.call('PUBLISH', KEYS[10], change)
end

local function ids_of(places)
  local ids = {}
  for index, place in ipairs(places) do ids[index] = cjson.encode(place.run_id) end
  return ids
end
