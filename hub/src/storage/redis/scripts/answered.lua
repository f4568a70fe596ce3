-- ARGV: 1 request id. Answers what it was answered with the runs that it queued, JSON; null when that isn't kept.
local kept = read('request ' .. ARGV[1])
return kept and whole_answer(kept) or 'null'
