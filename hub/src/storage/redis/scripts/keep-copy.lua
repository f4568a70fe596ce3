-- KEYS: 1 copies (hash)  ARGV: 1 name  2 state.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return '{"outcome":"done"}'
