-- ARGV: 1 run id. Answers what is pinned of it, when it started if it runs, and its end if it ended, JSON; null when it isn't kept.
local run, ending, running = read('run ' .. ARGV[1], 'end ' .. ARGV[1], 'running')
if not run then return 'null' end
if ending then return '{"run":' .. run .. ',"end":' .. ending .. '}' end
local started_at, _, run_id = parse_running(running)
if run_id == ARGV[1] then return '{"run":' .. run .. ',"startedAt":' .. started_at .. '}' end
return '{"run":' .. run .. '}'
