-- ARGV: 1 request id. Answers what it was answered, JSON; null when that isn't kept.
return read('request ' .. ARGV[1]) or 'null'
