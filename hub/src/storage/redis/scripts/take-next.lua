-- ARGV: 1 fence  2 started at. Answers as the port's TakeOutcome, JSON.
local highest = refuse_stale(tonumber(ARGV[1]))
if highest then return stale_answer(highest) end
if running_id() or held() then return '{"outcome":"nothing"}' end
local run_id = redis.call('LPOP', KEYS[3])
if not run_id then return '{"outcome":"nothing"}' end
local run = get_run(run_id)
run.view.state = 'running'
run.view.startedAt = ARGV[2]
local text = cjson.encode(run)
redis.call('HSET', KEYS[2], run_id, text)
redis.call('HSET', KEYS[1], 'running', run_id)
tell({}, {})
return '{"outcome":"taken","run":' .. text .. '}'
