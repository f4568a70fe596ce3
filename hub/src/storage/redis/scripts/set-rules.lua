-- ARGV: 1 the QueueRules as JSON, always written alike  2 those of a queue that was given none. Answers nothing.
local last, rules, round = read('number', 'rules', 'round')
local former = rules or ARGV[2]
if former == ARGV[1] then return '' end
local new, order = '"rules":' .. ARGV[1], ''
if cjson.decode(ARGV[1]).order == 'fair' and cjson.decode(former).order ~= 'fair' then
  local ranked = {}
  for _, place in ipairs(waiting()) do put(ranked, 'fair', round, place) end
  order = ',' .. reorder(ranked)
end
redis.call('HSET', KEYS[1], 'number', tell(last, new, order), 'rules', ARGV[1])
return ''
