-- ARGV: 1 fence  2 run id  3 that id and the Settlement, JSON  4 its state  5 finished at  6 since when finished runs are kept.
-- Answers {"outcome":"settled"} or that the fence is stale.
local last, highest, running = read('number', 'fence', 'running')
local stale = stale_answer(ARGV[1], highest)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
-- Settled before, or never taken: asking again does no harm.
if run_id ~= ARGV[2] then return '{"outcome":"settled"}' end

local run = keep_ended(run_id, hash, started_at, ARGV[3], ARGV[5], ARGV[6])
local ends = ARGV[4] == 'failed' and withdraw_rest(run, ARGV[3], ARGV[5], ARGV[6]) or ARGV[3]
redis.call('HSET', KEYS[1], 'number', tell(last, '"ended":[', ends, ']'), 'running', '')
return '{"outcome":"settled"}'
