-- ARGV: 1 fence  2 started at. Answers what is pinned of the run (queue-pinned.lua), an empty list if there is nothing to take, or that
-- the fence is stale (queue-owner.lua).
local last, held, highest, running = read('number', 'held', 'fence', 'running')
local stale = stale_answer(ARGV[1], highest)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
-- Taken before, by an owner that did not hear so.
if started_at == ARGV[2] then return pinned(run_id, hash, started_at) end
local place = (held or '') == '' and not run_id and redis.call('LPOP', KEYS[2])
if not place then return {} end

local round
hash, run_id, round = string.match(place, '^([^\n]*)\n([^\n]*)\n([^\n]*)')
local number = one_more(last)
tell(number, '{"number":' .. number .. ',"started":{"runId":' .. run_id .. ',"startedAt":' .. ARGV[2] .. '}}')
return take(place, hash, run_id, round, ARGV[2], number)
