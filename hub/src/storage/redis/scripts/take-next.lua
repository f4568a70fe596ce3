-- ARGV: 1 fence  2 started at. Answers as the port's TakeOutcome, JSON.
local highest = refuse_stale(tonumber(ARGV[1]))
if highest then return stale_answer(highest) end
if running_id() or held() then return '{"outcome":"nothing"}' end
local text = redis.call('LPOP', KEYS[3])
if not text then return '{"outcome":"nothing"}' end
local place = parse_place(text)
local run = get_run(place.run_id)
run.view.state = 'running'
run.view.startedAt = ARGV[2]
redis.call('HSET', KEYS[2], place.run_id, cjson.encode(run))
redis.call('HSET', KEYS[1], 'running', place.run_id)
if place.round > turn_round() then
  redis.call('HSET', KEYS[1], 'round', string.format('%.0f', place.round))
  redis.call('DEL', KEYS[13])
end
redis.call('SADD', KEYS[13], run.view.author.participantId)
tell({}, {})
return '{"outcome":"taken","run":' .. with_source(run) .. '}'
