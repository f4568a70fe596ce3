-- ARGV: 1 fence  2 name  3 text.
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return '{"outcome":"done"}'
