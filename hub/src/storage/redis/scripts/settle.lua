-- ARGV: 1 fence  2 run id  3 the Settlement as JSON  4 since when finished runs are kept. Answers {"outcome":"settled"} or that the fence is stale.
local highest = refuse_stale(tonumber(ARGV[1]))
if highest then return stale_answer(highest) end
-- Settled before, or never taken: asking again does no harm.
if running_id() ~= ARGV[2] then return '{"outcome":"settled"}' end

local run = get_run(ARGV[2])
local settlement = cjson.decode(ARGV[3])
for name, value in pairs(settlement) do run.view[name] = value end
redis.call('HSET', KEYS[1], 'running', '')
local finished = { keep_finished(run.view, ARGV[4]) }

if run.stopOnError and settlement.state == 'failed' then
  local function is_rest(other) return other.view.batchId == run.view.batchId end
  local reason = 'An earlier run of the same batch failed.'
  for _, text in ipairs(withdraw(is_rest, settlement.finishedAt, reason, ARGV[4])) do finished[#finished + 1] = text end
end
tell({}, finished)
return '{"outcome":"settled"}'
