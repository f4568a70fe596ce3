-- Answers the running run with all that was pinned, JSON; null when none is.
local started_at, hash, run_id = parse_running(read('running'))
if not run_id then return 'null' end
local run, source, rest = read('run ' .. run_id, 'source ' .. hash, 'rest ' .. run_id)
return '{"startedAt":' .. started_at .. ',"run":' .. run .. ',"source":' .. source .. ',"rest":' .. rest .. '}'
