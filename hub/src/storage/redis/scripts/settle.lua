-- ARGV: 1 fence  2 run id  3 the Settlement as JSON  4 since when finished runs are kept. Answers {"outcome":"settled"} or that the fence is stale.
local pinned, rest = read('run ' .. ARGV[2], 'rest ' .. ARGV[2])
local stale = stale_answer(tonumber(ARGV[1]))
if stale then return stale end
-- Settled before, or never taken: asking again does no harm.
if head.running ~= ARGV[2] then return '{"outcome":"settled"}' end

local settlement = cjson.decode(ARGV[3])
local view = pinned .. ',"startedAt":' .. cjson.encode(head.started_at) .. ',' .. string.sub(ARGV[3], 2)
keep_ended(ARGV[2], head.hash, view, settlement.finishedAt, ARGV[4])
local ends = { end_of(ARGV[2], ARGV[3]) }

if settlement.state == 'failed' and cjson.decode('{' .. rest .. '}').stopOnError then
  local batch = cjson.decode(pinned .. '}').batchId
  local function is_rest(other) return other.batchId == batch end
  local reason = 'An earlier run of the same batch failed.'
  withdraw(is_rest, settlement.finishedAt, reason, ARGV[4], ends)
end
set('running', '')
tell('"ended":' .. json_list(ends))
return '{"outcome":"settled"}'
