-- ARGV: 1 request id. Answers what it was answered with the runs that this names, JSON; null when that isn't kept.
local answer = read('request ' .. ARGV[1])
return answer and whole_answer(answer) or 'null'
