-- ARGV: 1 fence  2 seq of the first frame  3… frames. Those that are there already are not appended again.
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
local seq, first = head('seq'), tonumber(ARGV[2])
if first > seq + 1 then return '{"outcome":"lost"}' end
push(3 + seq + 1 - first)
set_head('seq', math.max(seq, first + #ARGV - 3))
return '{"outcome":"done"}'
