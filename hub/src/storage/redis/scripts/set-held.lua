-- ARGV: 1 the reason to hold, or empty to let the queue go on. Answers nothing.
read()
if (head.held or '') == ARGV[1] then return '' end
set('held', ARGV[1])
tell('"held":' .. (ARGV[1] ~= '' and cjson.encode(ARGV[1]) or 'null'))
return ''
