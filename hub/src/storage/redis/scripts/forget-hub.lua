-- ARGV: 1 hub. Answers nothing.
redis.call('HDEL', KEYS[3], ARGV[1])
return ''
