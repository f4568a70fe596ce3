-- ARGV: as settle, then 7 started at, JSON. Answers as the port's TakeOutcome, JSON.
local last, held, round, highest, running = read('number', 'held', 'round', 'fence', 'running')
local stale = stale_answer(ARGV[1], highest)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
if run_id and run_id ~= ARGV[2] then
  -- Done before, by an owner that did not hear so.
  if started_at == ARGV[7] then return pinned('{"outcome":"taken",', run_id, hash, started_at) end
  return '{"outcome":"nothing"}'
end

local ends
if run_id then
  local run = keep_ended(run_id, hash, started_at, ARGV[3], ARGV[5], ARGV[6])
  ends = ARGV[4] == 'failed' and withdraw_rest(run, ARGV[3], ARGV[5], ARGV[6]) or ARGV[3]
end
local place = (held or '') == '' and redis.call('LPOP', KEYS[2])
if not place then
  if not ends then return '{"outcome":"nothing"}' end
  redis.call('HSET', KEYS[1], 'number', tell(last, '"ended":[', ends, ']'), 'running', '')
  return '{"outcome":"nothing"}'
end

local new_round, author, _
new_round, run_id, author, _, hash = unpack(cmsgpack.unpack(place))
new_round = number_text(math.max(tonumber(round or 1), new_round))
local started = '"started":{"runId":' .. cjson.encode(run_id) .. ',"startedAt":' .. ARGV[7] .. '}'
local number = ends and tell(last, '"ended":[', ends, '],' .. started) or tell(last, started)
redis.call('HSET', KEYS[1], 'number', number, 'running', ARGV[7] .. ' ' .. hash .. ' ' .. run_id,
  'round', new_round, 'served ' .. author, new_round)
return pinned('{"outcome":"taken",', run_id, hash, ARGV[7])
