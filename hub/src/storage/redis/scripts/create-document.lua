-- ARGV: 1 fence  2 epoch  3 header  4 base. A log that stands here is put aside under its epoch's name.
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
local former = redis.call('HGET', KEYS[1], 'epoch')
-- Asked a second time, after an answer that was lost.
if former == ARGV[2] then return '{"outcome":"done"}' end
if former then redis.call('RENAME', KEYS[2], KEYS[2] .. ':' .. former) end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
set_head('fence', tonumber(ARGV[1]))
set_head('seq', 1)
set_head('base', 1)
push(3)
return '{"outcome":"done"}'
