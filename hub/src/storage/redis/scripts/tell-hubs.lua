-- ARGV: 1 channel  2 what all hubs of the folder are told. Answers nothing.
redis.call('PUBLISH', ARGV[1], ARGV[2])
return ''
