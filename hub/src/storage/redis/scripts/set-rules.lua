-- ARGV: 1 the QueueRules as JSON, always written alike  2 those of a queue that was given none. Answers nothing.
local last, rules, running = read('number', 'rules', 'running')
local former = rules or ARGV[2]
if former == ARGV[1] then return '' end
local order = ''
if cjson.decode(ARGV[1]).order == 'fair' and cjson.decode(former).order ~= 'fair' then
  -- Of the first round; who runs has had theirs.
  local author = string.match(running or '', '^[^\n]*\n[^\n]*\n[^\n]*\n[^\n]*\n([^\n]*)')
  local turn, ranked = '1\n' .. (author and author .. '\n' or ''), {}
  for _, place in ipairs(waiting()) do put_fairly(ranked, turn, place) end
  redis.call('HSET', KEYS[1], 'turn', turn)
  order = ',' .. reorder(ranked)
end
local number = one_more(last)
tell(number, '{"number":' .. number .. ',"rules":' .. ARGV[1] .. order .. '}')
redis.call('HSET', KEYS[1], 'number', number, 'rules', ARGV[1])
return ''
