-- ARGV: 1 fence  2 seq of the last frame that is replaced  3 header  4 base. What was appended since stays.
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
local last, seq = tonumber(ARGV[2]), head('seq')
if head('base') == last then return '{"outcome":"done"}' end
if last > seq then return '{"outcome":"lost"}' end
if last == seq then redis.call('DEL', KEYS[2])
else redis.call('LTRIM', KEYS[2], last - seq, -1) end
redis.call('LPUSH', KEYS[2], ARGV[4], ARGV[3])
set_head('base', last)
return '{"outcome":"done"}'
