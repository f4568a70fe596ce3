-- Put in front of every step on a queue: how one kernel's queue lies in Redis, and the rules that steps share.
-- The rules are those of run/run-queue-state.ts; a test compares the two on random sequences.
--
-- KEYS: 1 head (hash)  2 runs: waiting and running, JSON by run id (hash)  3 order of the waiting (list)
--       4 finished: JSON by run id (hash)  5 order of the finished (list)
--       6 requests: answers by request id (hash)  7 order of the requests (list)
--       8 changes (stream; the entry of change N has the id N-0)  9 lease (hash)  10 channel of the changes (pub/sub)

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

-- cjson writes an empty list as {}, and lists of JSON texts need not be read to be joined.
local function json_list(texts)
  return '[' .. table.concat(texts, ',') .. ']'
end

local function waiting()
  local runs = {}
  local ids = redis.call('LRANGE', KEYS[3], 0, -1)
  for index, run_id in ipairs(ids) do runs[index] = get_run(run_id) end
  return runs
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

-- Keeps a run that has ended; its view as JSON is the answer.
local function keep_finished(view)
  local text = cjson.encode(view)
  redis.call('HDEL', KEYS[2], view.runId)
  redis.call('HSET', KEYS[4], view.runId, text)
  redis.call('RPUSH', KEYS[5], view.runId)
  while redis.call('LLEN', KEYS[5]) > KEPT do
    redis.call('HDEL', KEYS[4], redis.call('LPOP', KEYS[5]))
  end
  return text
end

-- Ends the waiting runs that `is_meant`; answers their views as JSON texts, in order.
local function withdraw(is_meant, finished_at, reason)
  local texts = {}
  for _, run in ipairs(waiting()) do
    if is_meant(run) then
      redis.call('LREM', KEYS[3], 1, run.view.runId)
      run.view.state = 'cancelled'
      run.view.finishedAt = finished_at
      run.view.reason = reason
      texts[#texts + 1] = keep_finished(run.view)
    end
  end
  return texts
end

-- Counts a step that changed something and tells it: `added` waiting and `finished` runs as lists of JSON texts.
local function tell(added, finished)
  local number = redis.call('HINCRBY', KEYS[1], 'number', 1)
  local run_id = running_id()
  local running = run_id and cjson.encode(get_run(run_id).view) or 'null'
  local reason = held()
  local change = '{"number":' .. string.format('%.0f', number)
    .. ',"held":' .. (reason and cjson.encode(reason) or 'null')
    .. ',"running":' .. running
    .. ',"added":' .. json_list(added)
    .. ',"finished":' .. json_list(finished) .. '}'
  redis.call('XADD', KEYS[8], 'MAXLEN', '~', KEPT_CHANGES, string.format('%.0f-0', number), 'change', change)
  redis.call('PUBLISH', KEYS[10], change)
end
