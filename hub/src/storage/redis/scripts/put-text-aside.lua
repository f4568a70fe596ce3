-- ARGV: 1 fence  2 name  3 the name under which it is kept from now on.
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
local text = redis.call('HGET', KEYS[2], ARGV[2])
if text then
  redis.call('HSET', KEYS[2], ARGV[3], text)
  redis.call('HDEL', KEYS[2], ARGV[2])
end
return '{"outcome":"done"}'
