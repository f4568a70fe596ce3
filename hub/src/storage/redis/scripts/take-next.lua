-- ARGV: 1 fence  2 started at. Answers as the port's TakeOutcome, JSON.
read()
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
if head.running or head.held then return '{"outcome":"nothing"}' end
local text = redis.call('LPOP', KEYS[2])
if not text then return '{"outcome":"nothing"}' end
local place = parse_place(text)
head.running, head.hash, head.started_at = place.run_id, place.hash, ARGV[2]
set('running', place.run_id)
set('hash', place.hash)
set('startedAt', ARGV[2])
local round = number_text(math.max(head.round, place.round))
set('round', round)
set('served ' .. place.author, round)
tell('"started":{"runId":' .. cjson.encode(place.run_id) .. ',"startedAt":' .. cjson.encode(ARGV[2]) .. '}')
return '{"outcome":"taken","run":' .. running_run() .. '}'
