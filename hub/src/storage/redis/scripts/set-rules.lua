-- ARGV: 1 the QueueRules as JSON, always written alike. Answers nothing.
read()
if head.rules == ARGV[1] then return '' end
local former, rules = cjson.decode(head.rules), cjson.decode(ARGV[1])
set('rules', ARGV[1])
local new = '"rules":' .. ARGV[1]
if rules.order == 'fair' and former.order ~= 'fair' then
  local ranked = {}
  for _, place in ipairs(waiting()) do put(ranked, 'fair', place) end
  store_places(ranked)
  new = new .. ',"order":' .. ids_of(ranked)
end
tell(new)
return ''
