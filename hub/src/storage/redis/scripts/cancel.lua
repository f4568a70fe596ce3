-- ARGV: 1 the CancelSelector as JSON  2 finished at  3 reason  4 since when finished runs are kept, all JSON. Answers what is pinned
-- of the cancelled runs, JSON.
local selector = cjson.decode(ARGV[1])
local run_ids = {}
if selector.by == 'runs' then
  for _, run_id in ipairs(selector.runIds) do run_ids[run_id] = true end
end

local function is_meant(run)
  if selector.by == 'all' then return true end
  if selector.by == 'runs' then return run_ids[run.runId] == true end
  if selector.by == 'author' then return run.author.participantId == selector.participantId end
  return selector.by == 'cell' and run.target.kind == 'cell' and run.target.cellId == selector.cellId
end

local ends = {}
local runs = withdraw(is_meant, ARGV[2], ARGV[4], ARGV[3], ends)
if #ends > 0 then
  local number = one_more(read('number'))
  tell(number, '{"number":' .. number .. ',"ended":[' .. table.concat(ends, ',') .. ']}')
  redis.call('HSET', KEYS[1], 'number', number)
end
return '[' .. table.concat(runs, ',') .. ']'
