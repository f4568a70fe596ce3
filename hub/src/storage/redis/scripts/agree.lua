-- KEYS: 1 what is agreed on  ARGV: 1 what is proposed, empty: nothing. Answers what all agree on; empty when nothing was ever proposed.
if ARGV[1] ~= '' then redis.call('SET', KEYS[1], ARGV[1], 'NX') end
return redis.call('GET', KEYS[1]) or ''
