-- ARGV: 1 hub  2 its address  3 for how many ms it is known. Hubs that said nothing for longer are forgotten. Answers nothing.
local now = now_ms()
local known = redis.call('HGETALL', KEYS[3])
for index = 1, #known, 2 do
  if cjson.decode(known[index + 1]).untilMs <= now then redis.call('HDEL', KEYS[3], known[index]) end
end
local entry = cjson.encode({ address = ARGV[2], untilMs = now + tonumber(ARGV[3]) })
redis.call('HSET', KEYS[3], ARGV[1], entry)
return ''
