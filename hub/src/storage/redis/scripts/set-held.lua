-- ARGV: 1 the reason to hold, or empty to let the queue go on. Answers nothing.
local last, held = read('number', 'held')
if (held or '') == ARGV[1] then return '' end
local number = one_more(last)
tell(number, '{"number":' .. number .. ',"held":' .. (ARGV[1] ~= '' and cjson.encode(ARGV[1]) or 'null') .. '}')
redis.call('HSET', KEYS[1], 'number', number, 'held', ARGV[1])
return ''
