-- ARGV: 2 name  3 text.
local stale = stale_answer()
if stale then return stale end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return '{"outcome":"done"}'
