-- ARGV: 1 fence  2 run id  3 its Settlement without when that was, JSON without braces  4 finished at  5 since when finished runs are
-- kept. Answers an empty list, or that the fence is stale (queue-owner.lua).
local last, highest, running = read('number', 'fence', 'running')
local stale = stale_answer(ARGV[1], highest)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
-- Settled before, or never taken: asking again does no harm.
if run_id ~= ARGV[2] then return {} end

local ends = end_running(run_id, hash, started_at, ARGV[3], ARGV[4], ARGV[5])
local number = one_more(last)
tell(number, '{"number":' .. number .. ',"ended":[' .. ends .. ']}')
redis.call('HSET', KEYS[1], 'number', number, 'running', '')
return {}
