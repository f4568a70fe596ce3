-- ARGV: 1 fence  2 started at, JSON. Answers as the port's TakeOutcome, JSON.
local last, held, round, highest, running = read('number', 'held', 'round', 'fence', 'running')
local stale = stale_answer(ARGV[1], highest)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
-- Taken before, by an owner that did not hear so.
if started_at == ARGV[2] then return pinned('{"outcome":"taken",', run_id, hash, started_at) end
local place = (held or '') == '' and not run_id and redis.call('LPOP', KEYS[2])
if not place then return '{"outcome":"nothing"}' end

local new_round, author, _
new_round, run_id, author, _, hash = unpack(cmsgpack.unpack(place))
new_round = number_text(math.max(tonumber(round or 1), new_round))
local number = tell(last, '"started":{"runId":' .. cjson.encode(run_id) .. ',"startedAt":' .. ARGV[2] .. '}')
redis.call('HSET', KEYS[1], 'number', number, 'running', ARGV[2] .. ' ' .. hash .. ' ' .. run_id,
  'round', new_round, 'served ' .. author, new_round)
return pinned('{"outcome":"taken",', run_id, hash, ARGV[2])
