-- ARGV: 1 the reason to hold, or empty to let the queue go on. Answers nothing.
if (held() or '') == ARGV[1] then return '' end
redis.call('HSET', KEYS[1], 'held', ARGV[1])
tell({}, {})
return ''
