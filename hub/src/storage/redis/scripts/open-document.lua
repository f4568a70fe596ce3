-- ARGV: 1 fence. From here on frames of a lower fence are refused, so that the log can be read in pieces.
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
local frames = redis.call('LLEN', KEYS[2])
if frames == 0 then return '{"outcome":"none"}' end
set_head('fence', tonumber(ARGV[1]))
return '{"outcome":"opened","frames":' .. string.format('%.0f', frames)
  .. ',"seq":' .. string.format('%.0f', head('seq')) .. '}'
