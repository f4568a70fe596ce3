-- ARGV: 1 run id. Answers its view, JSON; null when it isn't kept.
local run = redis.call('HGET', KEYS[2], ARGV[1])
if run then return cjson.encode(cjson.decode(run).view) end
return redis.call('HGET', KEYS[4], ARGV[1]) or 'null'
