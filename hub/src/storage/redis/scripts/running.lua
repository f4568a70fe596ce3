-- Answers the running run with all that was pinned, JSON; null when none is.
local started_at, hash, run_id = parse_running(read('running'))
return run_id and pinned('{', run_id, hash, started_at) or 'null'
