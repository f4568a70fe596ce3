-- ARGV: 1 the QueueRules as JSON, always written alike. Answers nothing.
if rules_text() == ARGV[1] then return '' end
local former, rules = cjson.decode(rules_text()), cjson.decode(ARGV[1])
redis.call('HSET', KEYS[1], 'rules', ARGV[1])
local order = nil
if rules.order == 'fair' and former.order ~= 'fair' then
  local ranked = {}
  for _, place in ipairs(waiting()) do put(ranked, 'fair', place) end
  store_places(ranked)
  order = ids_of(ranked)
end
tell({}, {}, order)
return ''
