-- ARGV: 1 run id. Answers what is pinned of it, when it started, if it did, and its end if it ended, JSON; null when it isn't kept.
local run, running = read('run ' .. ARGV[1], 'running')
if not run then return 'null' end
local started_at, _, run_id = parse_running(running)
if run_id == ARGV[1] then return '{"run":' .. run .. ',"startedAt":' .. started_at .. '}' end

-- Asked for is most often one of the last.
local at_once = 50
for up_to = redis.call('LLEN', KEYS[3]) - 1, 0, -at_once do
  local some = redis.call('LRANGE', KEYS[3], math.max(up_to - at_once + 1, 0), up_to)
  for index = #some, 1, -1 do
    local finished_at, id, began_at, finish = string.match(some[index], '^([^\n]*)\n([^\n]*)\n([^\n]*)\n(.*)$')
    if id == ARGV[1] then
      return '{"run":' .. run .. ',"startedAt":' .. began_at .. ',"end":{"finishedAt":' .. finished_at .. ',' .. finish .. '}}'
    end
  end
end
return '{"run":' .. run .. ',"startedAt":null}'
