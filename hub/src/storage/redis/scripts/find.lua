-- ARGV: 1 run id. Answers what is pinned of it, when it started, if it did, and its end if it ended, JSON; null when it isn't kept.
local run, running = read('run ' .. ARGV[1], 'running')
if run then
  local started_at, _, run_id = parse_running(running)
  return '{"run":' .. run .. ',"startedAt":' .. (run_id == ARGV[1] and started_at or 'null') .. '}'
end
local view = find_ended(ARGV[1])
return view and '{' .. view .. '}' or 'null'
