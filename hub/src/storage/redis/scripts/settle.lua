-- ARGV: 1 fence  2 run id  3 that id and the Settlement as JSON without braces  4 its state  5 finished at  6 since when finished runs are kept.
-- Answers {"outcome":"settled"} or that the fence is stale.
local last, seen, running = read('number', 'fence', 'running')
local stale = stale_answer(tonumber(ARGV[1]), seen)
if stale then return stale end
local started_at, hash, run_id = parse_running(running)
-- Settled before, or never taken: asking again does no harm.
if run_id ~= ARGV[2] then return '{"outcome":"settled"}' end

note('running', '')
local ends = { '{' .. ARGV[3] .. '}' }
keep_ended(run_id, hash, started_at, ARGV[3], ARGV[5], ARGV[6])
if ARGV[4] == 'failed' then
  local run, rest = read('run ' .. run_id, 'rest ' .. run_id)
  local batch = cjson.decode(rest).stopOnError and cjson.decode(run).batchId
  local function is_rest(other) return other.batchId == batch end
  withdraw(is_rest, ARGV[5], 'An earlier run of the same batch failed.', ARGV[6], ends)
end
tell_ends(last, ends)
return '{"outcome":"settled"}'
