-- ARGV: 1 request id, then each run as JSON. Answers as the port's EnqueueOutcome, JSON.
local known = redis.call('HGET', KEYS[6], ARGV[1])
if known then return known end

-- X12: one text of one cell waits once. Cell ids are unique in their notebook only.
local function twin_key(run)
  if run.view.target.kind ~= 'cell' then return nil end
  return cjson.encode({ run.fileId, run.view.target.cellId, run.view.sourceHash })
end

local twins = {}
local places = 0
for index, run in ipairs(waiting()) do
  places = index
  local key = twin_key(run)
  if key and not twins[key] then twins[key] = { place = index, view = cjson.encode(run.view) } end
end

local added = {}
local answers = {}
for index = 2, #ARGV do
  local run = cjson.decode(ARGV[index])
  local key = twin_key(run)
  local twin = key and twins[key]
  local outcome = 'merged'
  if not twin then
    outcome = 'queued'
    places = places + 1
    twin = { place = places, view = cjson.encode(run.view) }
    if key then twins[key] = twin end
    redis.call('HSET', KEYS[2], run.view.runId, ARGV[index])
    redis.call('RPUSH', KEYS[3], run.view.runId)
    added[#added + 1] = twin.view
  end
  answers[#answers + 1] = '{"outcome":"' .. outcome .. '","run":' .. twin.view .. ',"place":' .. twin.place .. '}'
end

local answer = '{"runs":' .. json_list(answers) .. '}'
redis.call('HSET', KEYS[6], ARGV[1], answer)
redis.call('RPUSH', KEYS[7], ARGV[1])
while redis.call('LLEN', KEYS[7]) > KEPT do redis.call('HDEL', KEYS[6], redis.call('LPOP', KEYS[7])) end
if #added > 0 then tell(added, {}) end
return answer
