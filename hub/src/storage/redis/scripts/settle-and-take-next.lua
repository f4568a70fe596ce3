-- ARGV: as settle, then 6 started at. Answers as take-next.
local last, held, highest, running = read('number', 'held', 'fence', 'running')
local stale = stale_answer(ARGV[1], highest)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
if run_id and run_id ~= ARGV[2] then
  -- Done before, by an owner that did not hear so.
  if started_at == ARGV[6] then return pinned(run_id, hash, started_at) end
  return {}
end

local ends = run_id and end_running(run_id, hash, started_at, ARGV[3], ARGV[4], ARGV[5])
local number = one_more(last)
local place = (held or '') == '' and redis.call('LPOP', KEYS[2])
if not place then
  if not ends then return {} end
  tell(number, '{"number":' .. number .. ',"ended":[' .. ends .. ']}')
  redis.call('HSET', KEYS[1], 'number', number, 'running', '')
  return {}
end

local round
hash, run_id, round = string.match(place, '^([^\n]*)\n([^\n]*)\n([^\n]*)')
tell(number, '{"number":' .. number .. ',"ended":[' .. (ends or '') .. '],"started":{"runId":' .. run_id .. ',"startedAt":' .. ARGV[6] .. '}}')
return take(place, hash, run_id, round, ARGV[6], number)
