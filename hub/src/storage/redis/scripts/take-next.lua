-- ARGV: 1 fence  2 started at, JSON. Answers as the port's TakeOutcome, JSON.
local last, held, round, seen, running = read('number', 'held', 'round', 'fence', 'running')
local stale = stale_answer(tonumber(ARGV[1]), seen)
if stale then return stale end
if (held or '') ~= '' or (running or '') ~= '' then return '{"outcome":"nothing"}' end
local text = redis.call('LPOP', KEYS[2])
if not text then return '{"outcome":"nothing"}' end
local place, number = parse_place(text), next_number(last)
local new_round = number_text(math.max(tonumber(round or 1), place.round))
redis.call('HSET', KEYS[1], 'number', number, 'running', ARGV[2] .. ' ' .. place.hash .. ' ' .. place.run_id,
  'round', new_round, 'served ' .. place.author, new_round)
tell(number, '"started":{"runId":' .. cjson.encode(place.run_id) .. ',"startedAt":' .. ARGV[2] .. '}')
local run, source, rest = read('run ' .. place.run_id, 'source ' .. place.hash, 'rest ' .. place.run_id)
return '{"outcome":"taken","startedAt":' .. ARGV[2] .. ',"run":' .. run .. ',"source":' .. source .. ',"rest":' .. rest .. '}'
