-- ARGV: 1 request id. Answers what it was answered, JSON; null when that isn't kept.
return redis.call('HGET', KEYS[6], ARGV[1]) or 'null'
